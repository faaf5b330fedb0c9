"""The API against its own OpenAPI description: no 5xx, no undocumented answer."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import checks

# What a request may look like is the server's to judge; what it answers must be as described.
EXCLUDED = [checks.positive_data_acceptance, checks.negative_data_rejection, checks.unsupported_method]
KNOWN = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def test_the_api_keeps_to_its_description(live: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{live.url}/openapi.json")
    paths = []
    for found in schema.get_all_operations():
        operation = found.ok()
        paths.append(operation.path)

        @KNOWN
        @given(case=operation.as_strategy())
        def answers_as_described(case: Any) -> None:
            case.call_and_validate(excluded_checks=EXCLUDED, timeout=20)

        answers_as_described()
    assert "/api/ask" in paths
    assert "/v1/chat/completions" in paths
