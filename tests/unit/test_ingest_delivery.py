"""Ids from causes: the same delivery is the same lead, and nothing else is."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.delivery import LEAD_SPACE, delivery_key, delivery_of, fingerprint, lead_id


def test_a_source_that_names_its_deliveries_is_believed() -> None:
    assert delivery_key("msg_1", b"{}") == delivery_key("msg_1", b'{"attempt":2}') == "id:msg_1"


def test_without_a_name_the_body_is_the_delivery() -> None:
    assert delivery_key(None, b"{}") == delivery_key("", b"{}") == "sha256:" + fingerprint(b"{}")
    assert delivery_key(None, b"{}") != delivery_key(None, b"{ }")


def test_no_name_can_pass_for_a_body() -> None:
    assert delivery_key("sha256:" + fingerprint(b"{}"), b"x") != delivery_key(None, b"{}")


def test_a_lead_id_never_changes() -> None:
    delivery = delivery_of("website", "id:msg_1")
    assert delivery == "website/id:msg_1/0"
    assert lead_id(delivery) == "ed412dec-7e4b-5e6c-9e7d-bc0bfcedeeea"


def test_rows_of_one_import_are_leads_of_their_own() -> None:
    assert len({lead_id(delivery_of("fair", "id:1", row)) for row in range(3)}) == 3


@given(st.text(max_size=40))
def test_a_lead_id_is_a_version_5_uuid(delivery: str) -> None:
    assert UUID(lead_id(delivery)) == uuid5(UUID(bytes=LEAD_SPACE), delivery)
