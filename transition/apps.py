from django.apps import AppConfig


class TransitionConfig(AppConfig):
    name = "transition"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from transition import (  # noqa: F401
            append_only,
            checks,
            figures,
            forms,
            masking,
            notifications,
            receivers,
        )
        from transition.accounts import receivers as account_receivers  # noqa: F401
        from transition.nightly import registry as nightly
        from transition.queries import audit_chain, health, server
        from transition.services import consistency, csp_reports, retention, seals

        post_migrate.connect(lambda using, **rest: append_only.protect(using), sender=self, weak=False)
        nightly.run("audit head", seals.note_head)
        nightly.hold(audit_chain.INVARIANT)
        masking.install()
        forms.ask_plainly()
        nightly.run("retention", retention.purge)
        nightly.run("consistency", consistency.check)
        notifications.registry.register(consistency.NOTICE)
        # What is kept of people, and for how long: transition/data/retention.yaml.
        from transition import retention_checks  # noqa: F401
        from transition.services import anonymization, files

        nightly.run("anonymize people", anonymization.run)
        nightly.run("forget what goes first", anonymization.let_go)
        nightly.run("files without a row", files.sweep)
        figures.registry.register("サーバー", server.figures)
        figures.registry.register("仕事の列", health.queue)
        figures.registry.register("お知らせとAPI", health.notifications)
        figures.registry.register("ブラウザーの報告", csp_reports.figures)
