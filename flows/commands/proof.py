"""``cleanclaim proof``: trial balance, custody, suspense, take-backs, fingerprint."""

from __future__ import annotations

from typing import Any

import typer

from flows import desk

CHAINS = 10  # open ones shown; --json has them all


def proof(home: desk.Home = None, json_output: desk.Json = False) -> None:
    """Prove every dollar and every encounter from the stored facts; exit status 3 where anything does not prove."""
    from tasks.door import open_ledger
    from tasks.proving import prove

    made = prove(open_ledger(desk.enter(home)))
    if json_output:
        desk.print_json(made)
    else:
        show(made)
    if not made["balanced"]:
        raise typer.Exit(desk.STOPPED)


def show(made: dict[str, Any]) -> None:
    """The proof as tables."""
    chart = {name: of for name, of in made["chart"].items() if of["entries"]}
    accounts: list[list[object]] = [
        [name, desk.money(made["accounts"][name]), of["kind"], of["meaning"]] for name, of in chart.items()
    ]
    columns = ["account", "balance", "kind", "what stands there"]
    title = "trial balance (debit +, credit -)"
    desk.out.print(desk.table(title, columns, accounts, right=("balance",), whole=("account", "balance")))
    states = [[s, v["count"], desk.money(v["charge_cents"])] for s, v in made["custody"].items()]
    desk.out.print(
        desk.table(
            "custody of encounters",
            ["state", "encounters", "charges"],
            states,
            right=("encounters", "charges"),
        )
    )
    if made["waiting_stays"]:
        waiting: list[list[object]] = [
            [reason, sums["count"], desk.money(sums["charge_cents"])]
            for reason, sums in made["waiting_stays"].items()
        ]
        columns = ["waits for", "charges", "amount"]
        title = "charges of stays that are on no claim yet"
        desk.out.print(desk.table(title, columns, waiting, right=("charges", "amount")))
    paid = made["remittances"]
    desk.out.print(
        f"remittances {paid['count']}: BPR02 {desk.money(paid['bpr_cents'])}, "
        f"cash posted {desk.money(paid['cash_cents'])}; "
        f"suspense {desk.money(made['suspense_cents'])}; in quarantine {made['quarantined']}",
        soft_wrap=True,
    )
    show_suspense(made["suspense"])
    show_takebacks(made["takebacks"])
    shown = {state: sums for state, sums in made["deposits"].items() if sums["count"]}
    if set(shown) & {
        "matched",
        "amount_differs",
        "deposit_without_remittance",
    }:  # the bank's files are loaded
        amounts = [
            [state, sums["count"], desk.money(sums["deposit_cents"]), desk.money(sums["remittance_cents"])]
            for state, sums in shown.items()
        ]
        columns = ["state", "count", "deposits", "remittances"]
        desk.out.print(desk.table("deposits and remittances", columns, amounts, right=tuple(columns[1:])))
    for problem in made["problems"]:
        desk.out.print(f"[red]does not prove:[/] {problem}")
    verdict = "[bold green]balanced[/]" if made["balanced"] else "[bold red]NOT BALANCED[/]"
    desk.out.print(f"{verdict}  fingerprint {made['fingerprint']}", soft_wrap=True)


def show_suspense(made: dict[str, Any]) -> None:
    """What stands in suspense, where anything does: the items of each account by reason, which are its balance."""
    rows: list[list[object]] = []
    for account, found in made.items():
        reasons = found["by_reason"].items()
        rows += [
            [
                account,
                reason,
                of["count"],
                desk.money(of["cents"]),
                desk.money(of["size_cents"]),
                of["waits_for"],
                of["next_action"],
            ]
            for reason, of in reasons
        ]
        if len(reasons) > 1:
            rows.append(
                [account, "balance", len(found["items"]), desk.money(found["balance_cents"]), "", "", ""]
            )
    if rows:
        columns = ["account", "reason", "items", "sum", "of sizes", "waits for", "next action"]
        title = "suspense: the items are the balance (--json has each with its remittance and segment)"
        whole = ("account", "reason")
        desk.out.print(desk.table(title, columns, rows, right=("items", "sum", "of sizes"), whole=whole))


def show_takebacks(made: dict[str, Any]) -> None:
    """What payers took and gave outside any claim, where there was any: by code, and the largest open chains."""
    if not made["by_code"]:
        return
    amounts = ("sum", "explained", "unexplained")
    rows = [
        [code, v["count"], *(desk.money(v[f"{key}_cents"]) for key in ("amount", "explained", "unexplained"))]
        for code, v in made["by_code"].items()
    ]
    title = "provider adjustments (PLB; taken +, given -)"
    desk.out.print(desk.table(title, ["code", "count", *amounts], rows, right=("count", *amounts)))
    chains = sorted(made["open_chains"], key=lambda chain: -abs(chain["balance_cents"]))
    for chain in chains[:CHAINS]:
        steps = ", ".join(
            f"{step['date']} {step['kind']} {desk.money(step['cents'])}" for step in chain["steps"]
        )
        reasons = " ".join(chain["reasons"])
        desk.out.print(f"open {desk.money(chain['balance_cents'])} {reasons}: {steps}", soft_wrap=True)
    if len(chains) > CHAINS:
        desk.out.print(f"and {len(chains) - CHAINS} more open chains: --json", soft_wrap=True)
