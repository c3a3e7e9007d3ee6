"""The command `baton`: runs it, feeds it, asks it."""

import gc

import typer

from deploy.command import (
    act,
    agreement,
    decision,
    demo,
    errands,
    importing,
    keys,
    lead,
    migrate,
    parked,
    pause,
    reroute,
    retell,
    roster,
    run,
    serve,
    simulate_week,
    status,
    team,
    topics,
)
from deploy.command.failing import Sentences
from shared.runtime.garbage import LOOK_EVERY

app = typer.Typer(
    name="baton",
    cls=Sentences,
    help="Carries a lead to a person who answers for it, and does not let go until somebody else holds it.",
    epilog="Exit codes: 0 well; 1 the answer is no; 2 wrong use, or it can not start; 3 no instance answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def prepare() -> None:
    gc.set_threshold(LOOK_EVERY)  # A command imports, does its work and ends: hardly anything is garbage.


app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("import")(importing.import_file)
app.command("lead")(lead.lead)
app.command("act")(act.act)
app.command("status")(status.status)
app.command("team")(team.team)
app.command("reroute")(reroute.reroute)
app.command("retell")(retell.retell)
app.command("migrate")(migrate.migrate)
app.command("topics")(topics.topics)
app.add_typer(parked.app, name="parked")
app.add_typer(errands.app, name="errands")
app.add_typer(roster.app, name="roster")
app.add_typer(decision.app, name="decision")
app.add_typer(pause.app, name="pause")
app.add_typer(pause.resuming, name="resume")
app.add_typer(keys.app, name="keys")
app.add_typer(agreement.app, name="agreement")
app.add_typer(simulate_week.app, name="simulate")

if __name__ == "__main__":
    app()
