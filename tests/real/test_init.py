"""`sameboat init` on real exports: what it finds against what a person would say.

`FOUND_BY_A_PERSON` was written by reading the files' own documentation and looking at them. Keys
that the scrubbed samples cannot show (ids that do not join across them) are not in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import sameboat
from sameboat.actions.start import Started, start
from sameboat.project.viewer import OWNER, OWNER_ACTOR
from sameboat.questions.checking import check_with_data
from sameboat.questions.first_look.look import FirstLook

TODAY = dt.date(2026, 11, 1)


@dataclass(frozen=True)
class Said:
    """What a person says of a folder: `table.column` for keys and persons, joins with target."""

    keys: frozenset[str]
    joins: frozenset[str]
    persons: frozenset[str]


FOUND_BY_A_PERSON = {
    "adventureworks": Said(
        keys=frozenset(
            """account.AccountKey customer.CustomerKey date.DateKey employee.EmployeeKey
            department_group.DepartmentGroupKey geography.GeographyKey product.ProductKey
            organization.OrganizationKey product_category.ProductCategoryKey
            product_subcategory.ProductSubcategoryKey promotion.PromotionKey
            reseller.ResellerKey sales_reason.SalesReasonKey scenario.ScenarioKey
            sales_territory.SalesTerritoryKey call_center.FactCallCenterID finance.FinanceKey
            internet_sales.SalesOrderNumber+SalesOrderLineNumber
            internet_sales_reason.SalesOrderNumber+SalesOrderLineNumber+SalesReasonKey
            reseller_sales.SalesOrderNumber+SalesOrderLineNumber sales_quota.SalesQuotaKey
            survey_response.SurveyResponseKey prospective_buyer.ProspectiveBuyerKey""".split()
        ),
        joins=frozenset(
            """call_center.DateKey>date customer.GeographyKey>geography
            employee.SalesTerritoryKey>sales_territory finance.AccountKey>account
            finance.DateKey>date finance.DepartmentGroupKey>department_group
            finance.OrganizationKey>organization finance.ScenarioKey>scenario
            geography.SalesTerritoryKey>sales_territory internet_sales.CustomerKey>customer
            internet_sales.DueDateKey>date internet_sales.OrderDateKey>date
            internet_sales.ProductKey>product internet_sales.PromotionKey>promotion
            internet_sales.SalesTerritoryKey>sales_territory internet_sales.ShipDateKey>date
            internet_sales_reason.SalesReasonKey>sales_reason
            product.ProductSubcategoryKey>product_subcategory
            product_subcategory.ProductCategoryKey>product_category
            reseller.GeographyKey>geography reseller_sales.DueDateKey>date
            reseller_sales.EmployeeKey>employee reseller_sales.OrderDateKey>date
            reseller_sales.ProductKey>product reseller_sales.PromotionKey>promotion
            reseller_sales.ResellerKey>reseller
            reseller_sales.SalesTerritoryKey>sales_territory reseller_sales.ShipDateKey>date
            sales_quota.DateKey>date sales_quota.EmployeeKey>employee
            survey_response.CustomerKey>customer survey_response.DateKey>date
            survey_response.ProductCategoryKey>product_category
            survey_response.ProductSubcategoryKey>product_subcategory""".split()
        ),
        persons=frozenset(
            """customer.AddressLine1 customer.AddressLine2 customer.BirthDate
            customer.CustomerAlternateKey customer.CustomerKey customer.EmailAddress
            customer.FirstName customer.LastName customer.MiddleName customer.Phone customer.Suffix
            employee.BaseRate employee.BirthDate employee.EmailAddress
            employee.EmergencyContactName employee.EmergencyContactPhone employee.EmployeeKey
            employee.EmployeeNationalIDAlternateKey employee.FirstName employee.LastName
            employee.LoginID employee.MiddleName employee.ParentEmployeeKey
            employee.ParentEmployeeNationalIDAlternateKey employee.Phone
            internet_sales.CustomerKey prospective_buyer.AddressLine1
            prospective_buyer.AddressLine2 prospective_buyer.BirthDate
            prospective_buyer.EmailAddress prospective_buyer.FirstName
            prospective_buyer.LastName prospective_buyer.MiddleName prospective_buyer.Phone
            prospective_buyer.PostalCode prospective_buyer.ProspectAlternateKey
            prospective_buyer.ProspectiveBuyerKey reseller.AddressLine1 reseller.AddressLine2
            reseller.Phone reseller_sales.EmployeeKey sales_quota.EmployeeKey
            survey_response.CustomerKey geography.IpAddressLocator""".split()
        ),
    ),
    "kubernetes_keps": Said(
        keys=frozenset({"keps.path", "sigs.dir", "k8s_release_dates.release"}),
        joins=frozenset({"keps.owning_sig>sigs"}),
        persons=frozenset(),
    ),
    "uci_incident_log": Said(
        keys=frozenset({"events.number+sys_mod_count+sys_updated_at"}),
        joins=frozenset(),
        persons=frozenset(
            f"events.{name}"
            for name in ("assigned_to", "caller_id", "opened_by", "resolved_by", "sys_updated_by")
        ),
    ),
    "fivetran/github": Said(
        keys=frozenset(
            """issue.id issue_comment.id label.id pull_request.id pull_request_review.id
            repository.id team.id user.id issue_assignee.issue_id+user_id
            issue_label.issue_id+label_id issue_merged.issue_id
            repo_team.repository_id+team_id""".split()
        ),
        joins=frozenset(
            """issue_closed_history.issue_id>issue issue_comment.issue_id>issue
            issue_comment.user_id>user issue.repository_id>repository issue_label.label_id>label
            issue_merged.issue_id>issue pull_request.base_user_id>user
            pull_request.issue_id>issue pull_request_review.pull_request_id>pull_request
            pull_request_review.user_id>user repo_team.repository_id>repository
            repo_team.team_id>team
            requested_reviewer_history.pull_request_id>pull_request""".split()
        ),
        persons=frozenset(
            """issue.body issue.user_id issue_assignee.user_id issue_closed_history.actor_id
            issue_comment.body issue_comment.user_id issue_merged.actor_id
            pull_request.base_user_id pull_request.head_user_id pull_request_review.body
            pull_request_review.user_id repository.owner_id requested_reviewer_history.actor_id
            requested_reviewer_history.requested_id user.id user.login user.name""".split()
        ),
    ),
    "fivetran/jira": Said(
        keys=frozenset(
            f"{name}.id"
            for name in (
                "component", "epic", "field", "field_option", "issue", "issue_type", "priority",
                "project", "project_category", "resolution", "sprint", "status",
                "status_category", "team", "user", "version",
            )
        ),
        joins=frozenset(
            """component.project_id>project issue.priority>priority issue.project>project
            issue_field_history.issue_id>issue issue_multiselect_history.issue_id>issue
            project.project_category_id>project_category
            status.status_category_id>status_category""".split()
        ),
        persons=frozenset(
            """comment_redshift.author_id comment_redshift.body comment_redshift.update_author_id
            issue.assignee issue.creator issue.reporter issue_field_history.author_id
            issue_multiselect_history.author_id project.lead_id user.email user.id user.name
            user.username user_group.user_id""".split()
        ),
    ),
}  # fmt: skip

FOLDERS = (
    "adventureworks", "kubernetes_keps", "uci_incident_log", "panels", "fivetran/github",
    "fivetran/hubspot", "fivetran/jira", "fivetran/qualtrics", "fivetran/salesforce",
    "fivetran/stripe", "fivetran/zendesk",
)  # fmt: skip


@pytest.fixture(scope="session")
def started(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Started]:
    """The project that init writes over a folder of real files, written once."""
    made: dict[str, Started] = {}

    def one(name: str) -> Started:
        if name not in made:
            folder = tmp_path_factory.mktemp("init") / name.replace("/", "_")
            made[name] = start(folder, [shared / "data" / name], actor=OWNER_ACTOR, today=TODAY)
        return made[name]

    return one


@pytest.mark.parametrize("name", FOLDERS)
def test_the_first_project_passes_check_and_all_its_metrics_answer(
    name: str, started: Callable[[str], Started]
) -> None:
    """No error, nothing undeclared about persons, and a figure or a reason from every metric."""
    project = started(name)
    told = check_with_data(project.folder, viewer=OWNER)
    assert [str(f) for f in told if f.severity == "error"] == []
    assert [str(f) for f in told if f.code in ("personal-undeclared", "subject-undeclared")] == []
    opened = sameboat.open(str(project.folder))
    timed = {table.name for table in project.look.tables if table.time}
    try:
        for metric in project.look.metrics:
            tables = {m.key("table") for m in project.look.metrics if m.name == metric.name}
            month = ["metric_time__month"] if tables <= timed else []
            assert opened.query([metric.name], group_by=month).num_columns == len(month) + 1
    finally:
        opened.close()
    assert project.look.skipped == ()


def _keys(look: FirstLook) -> set[str]:
    return {f"{name}.{'+'.join(key.columns)}" for name, key in look.keys.primary.items()}


def _joins(look: FirstLook) -> set[str]:
    return {f"{join.table}.{join.column}>{join.target}" for join in look.keys.joins}


def _persons(look: FirstLook) -> set[str]:
    return {
        f"{table.name}.{person.column}"
        for table in look.tables
        for person in (*table.personal, *table.pseudonymous)
    }


@pytest.mark.parametrize("name", FOUND_BY_A_PERSON)
def test_what_is_found_is_what_a_person_would_say(
    name: str, started: Callable[[str], Started]
) -> None:
    """At least nine in ten of what a person names are found, and joins are never wrong.

    Columns about persons may be too many (leaving out is the safer error), never many too few.
    """
    look, said = started(name).look, FOUND_BY_A_PERSON[name]
    print(f"\n{name:18}  said  found  missed / too many")  # noqa: T201
    missed: dict[str, set[str]] = {}
    beyond: dict[str, set[str]] = {}
    for what, wanted, found in (
        ("keys", said.keys, _keys(look)),
        ("joins", said.joins, _joins(look)),
        ("persons", said.persons, _persons(look)),
    ):
        missed[what], beyond[what] = set(wanted) - found, found - wanted
        print(  # noqa: T201
            f"  {what:16}  {len(wanted):4}  {len(found & wanted):5}"
            f"  {sorted(missed[what])} / {sorted(beyond[what])}"
        )
        assert len(missed[what]) <= max(1, len(wanted) // 10), (what, missed[what])
    assert beyond["joins"] == set()
    assert len(beyond["persons"]) <= max(2, len(said.persons) // 5), beyond["persons"]


def test_whose_data_a_row_of_adventureworks_is(started: Callable[[str], Started]) -> None:
    """Sales to people are about contacts, sales to shops about accounts, quotas about employees."""
    look = started("adventureworks").look
    subjects = {table.name: table.subject for table in look.tables}
    assert subjects["internet_sales"] == subjects["customer"] == "contact"
    assert subjects["reseller_sales"] == subjects["reseller"] == "account"
    assert subjects["employee"] == subjects["sales_quota"] == "employee"
    assert subjects["product"] == subjects["promotion"] == "none"


def test_the_time_of_a_sale_is_its_order(started: Callable[[str], Started]) -> None:
    """Not when it is due, shipped or was synchronised."""
    times = {table.name: table.time for table in started("adventureworks").look.tables}
    assert times["internet_sales"] == times["reseller_sales"] == "order_date"
    jira = {table.name: table for table in started("fivetran/jira").look.tables}
    assert (jira["issue"].time, jira["issue"].loaded_at) == ("created", "_fivetran_synced")


def test_a_log_of_events_has_no_share_of_states(started: Callable[[str], Started]) -> None:
    """The state of an event is not that of its incident, so no share is made of it."""
    look = started("uci_incident_log").look
    assert {metric.key("type") for metric in look.metrics} == {"simple"}


def test_amounts_in_several_currencies_are_not_added_in_silence(
    started: Callable[[str], Started],
) -> None:
    look = started("adventureworks").look
    [sales] = [metric for metric in look.metrics if metric.name == "sales_amount"]
    assert "several currencies" in sales.remark
    assert look.currency is None


def test_the_share_of_finished_proposals(started: Callable[[str], Started]) -> None:
    """Implemented against withdrawn, replaced, rejected and deferred, as SQL by hand counts."""
    project = sameboat.open(str(started("kubernetes_keps").folder))
    try:
        [row] = project.query(["implemented_share_of_keps", "finished_keps"]).to_pylist()
    finally:
        project.close()
    file = started("kubernetes_keps").look.tables[1].source.files[0]
    [(done, all_)] = (
        duckdb.connect()
        .execute(
            "SELECT count_if(status = 'implemented'), count(*) FROM read_csv(?) WHERE status IN"
            " ('implemented', 'withdrawn', 'replaced', 'rejected', 'deferred')",
            [str(file)],
        )
        .fetchall()
    )
    assert row["finished_keps"] == all_
    assert row["implemented_share_of_keps"] == pytest.approx(done / all_)
