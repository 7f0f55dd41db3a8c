"""Texts of refusals, and the reasons that they mean."""

from __future__ import annotations

import pytest

from clients.insurance.core.refusals import Reason, reason_of


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("data.psn_no: 人员编号不能为空 (required)", Reason.FORM),
        ("sign_no: 交易签到流水号长度超过30", Reason.FORM),
        ("msgid: 报文ID重复", Reason.MESSAGE_REPEATED),
        ("门诊号重复", Reason.DUPLICATE),
        ("该挂号已撤销", Reason.ALREADY_GONE),
        ("存在未撤销的费用明细", Reason.FEES_EXIST),
        ("存在未撤销的结算", Reason.SETTLEMENT_EXISTS),
        ("人员信息不存在", Reason.PERSON_UNKNOWN),
        ("人员未参保", Reason.NOT_INSURED),
        ("系统繁忙", Reason.SYSTEM),
        ("something else", Reason.OTHER),
    ],
)
def test_text_means_reason(text: str, reason: Reason) -> None:
    assert reason_of(text) is reason
