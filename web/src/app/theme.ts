/* Mantine in the colours of tokens.css. Owns sizes and defaults of components; refuses colours of its own:
   every shade points at a token, so that both themes follow one file. */
import {
  createTheme,
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

const same = (token: string): MantineColorsTuple =>
  Array.from({ length: 10 }, () => `var(${token})`) as unknown as MantineColorsTuple;

/** Mantine's scale of neutrals from text to the deepest background, in the dark theme. */
const DARK = [
  "text",
  "text",
  "muted",
  "strong-border",
  "border",
  "border",
  "surface",
  "canvas",
  "sunken",
  "canvas",
];

const readable: VariantColorsResolver = (input) => {
  const colours = defaultVariantColorsResolver(input);
  return input.variant === "filled" ? { ...colours, color: "var(--p-on-brand)" } : colours;
};

export const theme = createTheme({
  fontFamily: "var(--p-font)",
  headings: { fontFamily: "var(--p-font)", fontWeight: "650" },
  primaryColor: "brand",
  colors: {
    dark: DARK.map((name) => `var(--p-${name})`) as unknown as MantineColorsTuple,
    brand: same("--p-brand"),
    good: same("--p-good"),
    bad: same("--p-bad"),
    warn: same("--p-warn"),
    info: same("--p-info"),
    none: same("--p-none"),
  },
  defaultRadius: "md",
  variantColorResolver: readable,
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Badge: { styles: { root: { fontSize: 13, height: 26, paddingInline: 8 } } },
    Button: { defaultProps: { size: "md" } },
    ActionIcon: { defaultProps: { size: 44, variant: "subtle" } },
    TextInput: { defaultProps: { size: "md" } },
    PasswordInput: { defaultProps: { size: "md" } },
    Select: { defaultProps: { size: "md", checkIconPosition: "right" } },
    Textarea: { defaultProps: { size: "md" } },
    NumberInput: { defaultProps: { size: "md" } },
    SegmentedControl: { defaultProps: { size: "md" } },
    Tabs: { styles: { tab: { minHeight: 44 } } },
    Modal: {
      // A dialog's header is no banner of the page.
      defaultProps: { centered: true, attributes: { header: { role: "presentation" } } },
      styles: {
        title: { fontWeight: 650, fontSize: 18 },
        close: { width: 44, height: 44, "--cb-icon-size": "20px" },
      },
    },
    MultiSelect: { defaultProps: { size: "md" } },
    Tooltip: { defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: true } } },
  },
});

const shared = {
  "--mantine-primary-color-contrast": "var(--p-on-brand)",
  "--mantine-color-body": "var(--p-canvas)",
  "--mantine-color-text": "var(--p-text)",
  "--mantine-color-dimmed": "var(--p-muted)",
  "--mantine-color-placeholder": "var(--p-muted)",
  "--mantine-color-anchor": "var(--p-brand)",
  "--mantine-color-error": "var(--p-bad)",
  "--mantine-color-default": "var(--p-surface)",
  "--mantine-color-default-hover": "var(--p-sunken)",
  "--mantine-color-default-color": "var(--p-text)",
  "--mantine-color-default-border": "var(--p-strong-border)",
};
const soft = Object.fromEntries(
  ["brand", "good", "bad", "warn", "info", "none"].flatMap((name) => [
    [`--mantine-color-${name}-filled`, `var(--p-${name})`],
    [`--mantine-color-${name}-filled-hover`, `color-mix(in srgb, var(--p-${name}) 86%, var(--p-text))`],
    [`--mantine-color-${name}-light`, `var(--p-${name}-soft)`],
    [`--mantine-color-${name}-light-hover`, `var(--p-${name}-soft)`],
    [`--mantine-color-${name}-light-color`, `var(--p-${name})`],
    [`--mantine-color-${name}-outline`, `var(--p-${name})`],
    [`--mantine-color-${name}-text`, `var(--p-${name})`],
  ]),
);

export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { ...shared, ...soft },
  dark: { ...shared, ...soft },
});
