"""Prints docs/retention.md: what is kept, how long and why, as transition/data/retention.yaml says."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from transition.domain.retention import Act, Group, plan

ACTS = {
    Act.KEEP: "残す",
    Act.CLEAR: "空にする",
    Act.MASK: "「（消去済み）」にする",
    Act.YEAR: "年だけにする",
    Act.RANDOM: "意味のない文字にする",
    Act.CLOSE: "使えなくする",
    Act.DELETE: "行ごと消す",
}
OURS = ("transition", "programs", "calendars")
HEAD = """# 記録を、いつまで、なぜ残すか

この文書は `transition/data/retention.yaml` から作ります（`manage.py retention > docs/retention.md`）。
データベースのすべての項目が、ここに出ています。決めたとおりに消すのは、毎晩の仕事です。

市町村の条例などで、支援の記録を5年より長く残すときは、`RETENTION_YEARS`（全体）か `RETENTION_YEARS_OF`
（市町村番号ごと。例: `271004=10`）に年数を入れます。5年より短くはできません。

消したものは、バックアップからも、その保存の日数（長くて35日）のあとには、なくなります。
"""


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        read = plan()
        said = [HEAD, "## 期限\n", "| 期限 | どこから数えるか | もとになる決まり |", "| --- | --- | --- |"]
        said += [f"| {term.title} | {term.since} | {term.source} |" for term in read.terms.values()]
        for group in read.groups:
            said += ["", f"## {group.title}", "", f"* 期限: {group.term.title}", f"* どうするか: {group.then}"]
            said += [f"* わけ: {group.why}", "", "| もの | 項目 | どうするか |", "| --- | --- | --- |", *_rows(group)]
        self.stdout.write("\n".join(said))


def _rows(group: Group) -> list[str]:
    return [
        f"| {_name(model)} | {'、'.join(_label(model, name) for name in names)} | {ACTS[act]} |"
        for model, acts in group.fields.items()
        for act, names in acts.items()
    ]


def _name(label: str) -> str:
    """As screens call it; tables of others by their own name, because not every installation has them."""
    if label.partition(".")[0] not in OURS:
        return f"`{label}`"
    return f"{apps.get_model(label)._meta.verbose_name} (`{label}`)"


def _label(label: str, name: str) -> str:
    if label.partition(".")[0] not in OURS:
        return f"`{name}`"
    return str(getattr(apps.get_model(label)._meta.get_field(name), "verbose_name", name))
