"""What stands beside a table: triggers, policies, rewrite rules, extended statistics."""

from __future__ import annotations

from msgspec.structs import replace

from migration_lint import effects as e
from migration_lint.catalog import Catalog
from migration_lint.folding.registry import folds, known_relation
from migration_lint.schema import Origin, Policy, Relation, RewriteRule, Trigger


@folds(e.CreateTrigger)
def _create_trigger(catalog: Catalog, change: e.CreateTrigger, origin: Origin | None) -> Catalog:
    made = Trigger(change.trigger, change.function, change.timing, change.row, change.events, change.columns)
    for relation in _family(catalog, change.relation, row=change.row):
        kept = tuple(trigger for trigger in relation.triggers if trigger.name != made.name)
        catalog = catalog.with_relation(replace(relation, triggers=(*kept, made)))
    return catalog


def _family(catalog: Catalog, name: str, *, row: bool) -> list[Relation]:
    """The table, and for a row trigger the partitions that share it."""
    below = [child for child in catalog.descendants(name) if child.bound is not None] if row else []
    return [known_relation(catalog, name), *below]


@folds(e.DropTrigger)
def _drop_trigger(catalog: Catalog, change: e.DropTrigger, origin: Origin | None) -> Catalog:
    if catalog.relation(change.relation) is None:
        return catalog
    for relation in _family(catalog, change.relation, row=True):
        left = tuple(trigger for trigger in relation.triggers if trigger.name != change.trigger)
        catalog = catalog.with_relation(replace(relation, triggers=left))
    return catalog


@folds(e.RenameTrigger)
def _rename_trigger(catalog: Catalog, change: e.RenameTrigger, origin: Origin | None) -> Catalog:
    if catalog.relation(change.relation) is None:
        return catalog
    for relation in _family(catalog, change.relation, row=True):
        renamed = tuple(
            replace(trigger, name=change.to) if trigger.name == change.trigger else trigger
            for trigger in relation.triggers
        )
        catalog = catalog.with_relation(replace(relation, triggers=renamed))
    return catalog


@folds(e.CreatePolicy)
def _create_policy(catalog: Catalog, change: e.CreatePolicy, origin: Origin | None) -> Catalog:
    known = known_relation(catalog, change.relation)
    made = Policy(change.policy, change.reads, change.columns)
    return catalog.with_relation(replace(known, policies=(*known.policies, made)))


@folds(e.AlterPolicy)
def _alter_policy(catalog: Catalog, change: e.AlterPolicy, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None:
        return catalog
    altered = tuple(
        Policy(
            change.to or policy.name,
            policy.reads if change.reads is None else change.reads,
            policy.columns if change.reads is None else change.columns,
        )
        if policy.name == change.policy
        else policy
        for policy in known.policies
    )
    return catalog.with_relation(replace(known, policies=altered))


@folds(e.DropPolicy)
def _drop_policy(catalog: Catalog, change: e.DropPolicy, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None:
        return catalog
    left = tuple(policy for policy in known.policies if policy.name != change.policy)
    return catalog.with_relation(replace(known, policies=left))


@folds(e.CreateRule)
def _create_rule(catalog: Catalog, change: e.CreateRule, origin: Origin | None) -> Catalog:
    known = known_relation(catalog, change.relation)
    kept = tuple(rule for rule in known.rules if rule.name != change.rule)
    made = RewriteRule(
        change.rule, change.reads, change.event, change.instead, change.conditional, change.tree
    )
    return catalog.with_relation(replace(known, rules=(*kept, made)))


@folds(e.DropRule)
def _drop_rule(catalog: Catalog, change: e.DropRule, origin: Origin | None) -> Catalog:
    known = catalog.relation(change.relation)
    if known is None:
        return catalog
    left = tuple(rule for rule in known.rules if rule.name != change.rule)
    return catalog.with_relation(replace(known, rules=left))


@folds(e.CreateStatistics)
def _create_statistics(catalog: Catalog, change: e.CreateStatistics, origin: Origin | None) -> Catalog:
    known = known_relation(catalog, change.relation)
    return catalog.with_relation(replace(known, statistics=(*known.statistics, change.name)))
