"""`perenne jobs`: background work."""

from itertools import islice
from typing import Annotated

import typer

from perenne.cli.connection import connect
from perenne.cli.options import AsJson, Limit
from perenne.cli.style import Column, done, mark, progress_bar, say, show_facts, show_json, show_table

app = typer.Typer(help="Background work and how far it is.", no_args_is_help=True, add_completion=False)
JobId = Annotated[str, typer.Argument(help="Job: id.")]


@app.command("list")
def list_jobs(limit: Limit = 20, as_json: AsJson = False) -> None:
    """List jobs, newest first."""
    jobs = list(islice(connect().jobs.list(limit=min(limit, 200)), limit))
    if as_json:
        show_json(jobs)
        return
    columns = [Column("job"), Column("what", style="bold"), Column("state"), Column("done", right=True)]
    columns += [Column("message"), Column("asked for")]
    rows = [(j.id, j.kind, mark(j.state), f"{100 * j.progress:.0f} %", j.message, j.created_at) for j in jobs]
    show_table("Jobs", columns, rows)


@app.command("show")
def show(job: JobId, as_json: AsJson = False) -> None:
    """Show a job."""
    found = connect().jobs.get(job)
    if as_json:
        show_json(found)
        return
    facts = [("state", mark(found.state)), ("progress", f"{found.progress:.0%}"), ("message", found.message)]
    facts += [("result", found.result), ("attempt", found.attempt), ("asked for", found.created_at)]
    show_facts(f"{found.kind} {found.id}", facts)
    if found.error:
        say(f"  {found.error.get('detail', '')} {found.error.get('remedy', '')}", style="red")


@app.command("wait")
def wait(job: JobId) -> None:
    """Wait for a job; exit code 1 when it fails."""
    with progress_bar(counted=False) as bar:
        task = bar.add_task(job, total=1.0, remark="")
        connect().jobs.wait(
            job, progress=lambda seen: bar.update(task, completed=seen.progress, remark=seen.message)
        )
    done("Done.")


@app.command("cancel")
def cancel(job: JobId) -> None:
    """Ask a job to stop at its next step."""
    found = connect().jobs.cancel(job)
    done(f"{found.kind}: {found.state}.")
