/* A table that people can read on a telephone too: below 700 px each row becomes a card with named values. */
import { Table } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./DataTable.module.css";

export interface Column<T> {
  key: string;
  title: string;
  /** Numbers stand at the right, with equal digits. */
  numeric?: boolean;
  width?: number | string;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => string;
  /** What the table shows, for people who don't see it. */
  caption: string;
}

export function DataTable<T>({ rows, columns, rowKey, caption }: Props<T>) {
  return (
    <div className={`surface ${classes.frame}`} role="region" aria-label={caption} tabIndex={0}>
      <Table
        verticalSpacing="sm"
        horizontalSpacing="md"
        highlightOnHover
        className={classes.table}
        aria-label={caption}
      >
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ key, title, numeric, width }) => (
              <Table.Th key={key} scope="col" ta={numeric ? "right" : "left"} w={width}>
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map(({ key, title, numeric, cell }) => (
                <Table.Td
                  key={key}
                  data-title={title}
                  ta={numeric ? "right" : "left"}
                  className={numeric ? "tabular" : ""}
                >
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
