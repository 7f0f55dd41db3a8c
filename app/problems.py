"""The failures that are answers: each has a code that never changes and a sentence in two languages.

A `Problem` is raised by a process or a resolver and becomes a member of the mutation's result union
(schema/problems.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

CHINESE, ENGLISH = 0, 1
# What is told of a failure that is not expected: nothing but the request's id beside it.
UNEXPECTED = "系统错误，请联系管理员 (unexpected error)"

SENTENCES: Mapping[str, tuple[str, str]] = {
    "NOT_FOUND": ("没有找到{subject}", "{subject} was not found"),
    "FORBIDDEN": ("当前身份不能进行此操作", "Your role may not do this"),
    "HOSPITAL_NOT_SET_UP": (
        "本院尚未接入任何平台，请联系管理员",
        "The platforms of your hospital are not set up here; ask an administrator",
    ),
    "INVALID_INPUT": ("输入有误：{field} {reason}", "Invalid input: {field} {reason}"),
    "IDEMPOTENCY_KEY_REUSED": (
        "同一幂等键不能用于不同的请求",
        "The same idempotencyKey was used with another input",
    ),
    "ORDER_ALREADY_SETTLED": ("订单已结算，不能重复支付", "The order is settled already"),
    "ORDER_BEING_SETTLED": (
        "订单正在支付中，请勿重复提交",
        "The order is being settled by another settlement",
    ),
    "ORDER_EXPIRED": ("订单已过期，请重新下单", "The order has expired; make a new one"),
    "ORDER_REFUNDED": ("订单已退费", "The order was refunded"),
    "PAY_KIND_NOT_ALLOWED": ("不能使用该支付方式：{reason}", "This way of paying is not available: {reason}"),
    "FEES_CHANGED": ("费用已变更，请刷新后重试", "The charges changed since they were listed; list them again"),
    "NOTHING_PAYABLE": ("没有待支付的处方", "None of these prescriptions can be paid"),
    "PRESCRIPTION_WITHDRAWN": (
        "处方 {number} 已被药师退回或医师撤销，不能下单",
        "Prescription {number} was rejected or taken back and cannot be ordered",
    ),
    "PRESCRIPTIONS_DIFFER": (
        "所选处方不属于同一次就诊，请分别下单",
        "These prescriptions are not of one visit; order them separately",
    ),
    "NOT_REVERSIBLE": ("该结算当前状态（{state}）不能冲销", "A settlement in state {state} cannot be reversed"),
    "CHANGED_MEANWHILE": (
        "该结算刚刚发生变化，请刷新后重试",
        "The settlement changed just now; look at it again",
    ),
    "NOT_RESUMABLE": ("该结算当前状态（{state}）无需人工续办", "A settlement in state {state} needs no resuming"),
    "NOT_INVOICEABLE": ("该结算当前状态（{state}）不能开票", "A settlement in state {state} cannot be invoiced"),
    "ALREADY_DISPENSED": ("处方已发药，不能退费", "A prescription was dispensed already; it cannot be reversed"),
    "NOT_REFUNDABLE": ("该结算当前状态（{state}）不能退费", "A settlement in state {state} cannot be refunded"),
    "NOT_DECIDABLE": ("该退费当前状态（{state}）无需审批", "A refund in state {state} is not to be decided"),
    "REFUND_BY_SAME_PERSON": (
        "退费须由申请人以外的人审批",
        "A refund is decided by another person than the one who asked for it",
    ),
    "REFUND_TOO_MUCH": ("退费超过可退金额：{reason}", "More than can be given back: {reason}"),
    "REFUND_OVERTAKEN": (
        "该结算已整笔冲销，退费申请作废",
        "The settlement was reversed as a whole; the request has come to nothing",
    ),
    "PLATFORM_UNAVAILABLE": (
        "{platform}暂时没有应答，请稍后再试",
        "{platform} does not answer at the moment; please try again later",
    ),
    "PLATFORM_REFUSED": ("{text}", "The platform refused: {text}"),
    "OUTCOME_UNKNOWN": (
        "{platform}没有应答，结果未知，系统正在查询",
        "{platform} did not answer; the outcome is unknown and is being asked for",
    ),
    "ANSWER_GARBLED": (
        "{platform}的应答无法核验，已留存待查",
        "{platform}'s answer could not be verified and was kept for inspection",
    ),
    "AMOUNTS_DIFFER": ("平台金额与订单不一致：{reason}", "The platform's amounts disagree with the order: {reason}"),
    "PAYMENT_EXPIRED": ("支付页面已过期，未扣款", "The payment page expired; nothing was charged"),
    "PAYMENT_FAILED": ("支付失败，未扣款", "The payment failed; nothing was charged"),
    "AUTHORIZATION_NEEDED": (
        "请先完成医保在线授权",
        "The patient must first consent to online insurance services",
    ),
    "AUTHORIZATION_OF_ANOTHER": (
        "授权人与患者不是同一人，请由患者本人重新授权",
        "The consent is another person's; the patient must consent in person",
    ),
    "FAMILY_PAYMENT": (
        "暂不支持亲情付，请由患者本人授权并支付",
        "Family payment is not supported; the patient must consent and pay in person",
    ),
    "AUTHORIZATION_UNAVAILABLE": (
        "本院未开通医保在线授权",
        "Online insurance authorisation is not set up at this hospital",
    ),
    "IDENTITY_NOT_VERIFIED": (
        "今日尚未验证医师身份，请先进行医师身份验证",
        "The doctor's standing was not verified today; verify the identity first",
    ),
    "DOCTOR_NOT_LISTED": (
        "医保平台没有该编码和姓名的医师，请联系医院核对",
        "The insurance platform lists no doctor of this code and name; ask the hospital",
    ),
    "NOT_INSURANCE_DOCTOR": ("该医师不是医保医师，请联系医院", "This doctor is no insurance doctor; ask the hospital"),
    "STANDING_NOT_VALID": (
        "该医师的医保医师资格不在有效期内，请联系医院",
        "The doctor's standing is not in its period of validity; ask the hospital",
    ),
    "FACE_SIGN_IN_NEEDED": ("请先完成今日的人脸签到", "Sign in by face first; a sign-in holds for the day"),
    "NO_GRANT": (
        "医院未授予该医师相应的处方权，请联系医院{classes}",
        "The hospital has not granted the right to prescribe this; ask the hospital {classes}",
    ),
    "FACE_SIGN_IN_NOT_SET_UP": ("医院未开通医师人脸签到", "The hospital has not set up the face sign-in"),
    "FACE_SIGN_IN_NOT_STARTED": (
        "尚未发起人脸签到，请先获取签到页面",
        "No face sign-in was started; start one first",
    ),
    "EXPORT_TOO_LARGE": (
        "超过一百万行，请缩小筛选范围后重试",
        "There are more than a million rows; ask for less",
    ),
    "EXPORT_FAILED": ("多次尝试后仍未能生成文件，请稍后重试", "The file could not be written after several attempts"),
    "SHIPMENT_EXISTS": ("该运单已登记", "This waybill is registered already"),
    "SHIPMENT_NOT_SETTLED": (
        "订单尚未结算完成，不能上传物流信息",
        "The order is not settled; its parcel cannot be uploaded",
    ),
    "PRESCRIPTION_NOT_APPROVED": (
        "处方尚未通过药师审核，不能上传物流信息",
        "A prescription was not approved by a pharmacist; its parcel cannot be uploaded",
    ),
    "NOBODY_TO_TELL": (
        "包裹内没有已上传医保的处方，也无需向微信报告",
        "None of the prescriptions is known to the insurance, and WeChat need not be told",
    ),
    "TRACKING_NOT_SET_UP": ("医院未开通该承运商的物流查询", "Parcels of this carrier cannot be followed here"),
    "CARRIER_NOT_SET_UP": (
        "未配置该承运商的微信编码，请联系管理员",
        "WeChat's code for this carrier is not set up; ask the administrator",
    ),
    "NOT_INSURED": ("该患者没有可用的参保信息", "The patient has no active insurance"),
    "DRUG_UNKNOWN": (
        "院内目录没有药品 {number}，或与处方类别不符",
        "The hospital has no drug {number} for a prescription of this kind",
    ),
    "NOT_REPLACEABLE": (
        "只有被退回或已撤销的处方可以重开，当前状态为{state}",
        "Only a rejected or cancelled prescription is replaced, not one in state {state}",
    ),
    "NOT_ADVISABLE": ("处方当前状态（{state}）不再需要事前提醒", "A prescription in state {state} is not advised on"),
    "NOT_UPLOADABLE": ("处方当前状态（{state}）不能上传", "A prescription in state {state} cannot be uploaded"),
    "NOT_REVIEWABLE": ("处方当前状态（{state}）不能审核", "A prescription in state {state} cannot be reviewed"),
    "NOT_CANCELLABLE": ("处方当前状态（{state}）不能撤销", "A prescription in state {state} cannot be taken back"),
    "NOT_UPLOADED": ("处方尚未上传医保（{state}）", "The prescription is not on the platform (state {state})"),
    "ADVICE_NEEDED": ("请先进行事前提醒", "Ask for the insurance's advice first"),
    "ADVICE_BLOCKS": (
        "事前提醒中有必须处理的问题，不能上传，请修改处方",
        "The insurance's advice forbids the upload; write another prescription",
    ),
    "OWN_PRESCRIPTION": ("药师不能审核本人开具的处方", "Nobody reviews a prescription that he wrote"),
    "PHARMACIST_UNKNOWN": ("您不在本院药师名单中", "You are not one of the hospital's pharmacists"),
    "CIRCULATION_NOT_SET_UP": ("本院未开通处方流转", "The hospital has no prescription circulation platform"),
    "PRESCRIPTION_ORDERED": (
        "处方已下单，请先退费或等待订单失效",
        "The prescription was ordered; refund the order or let it expire first",
    ),
    "DRUGS_TAKEN": ("处方已取药，不能撤销", "Drugs were taken; the prescription cannot be taken back"),
    "DOCTOR_CERTIFICATE_MISSING": (
        "缺少医师证件号码，请联系医院维护",
        "The doctor's identity number is missing; ask the hospital",
    ),
    "PRESCRIPTION_UNSPEAKABLE": (
        "处方内容无法按平台要求上传（例如生僻字无法打印），请联系医院",
        "The prescription cannot be told to the platform, for instance a character cannot be printed; ask the hospital",
    ),
    "NOTHING_DIAGNOSED": ("问诊尚无诊断，不能上传", "Nothing was diagnosed in this consultation yet"),
}


class NextStep(StrEnum):
    """What removes the reason why a doctor may not prescribe."""

    VERIFY_IDENTITY = "VERIFY_IDENTITY"
    SIGN_IN_BY_FACE = "SIGN_IN_BY_FACE"
    ASK_HOSPITAL = "ASK_HOSPITAL"


NEXT_STEPS: Mapping[str, NextStep] = {
    "IDENTITY_NOT_VERIFIED": NextStep.VERIFY_IDENTITY,
    "DOCTOR_NOT_LISTED": NextStep.ASK_HOSPITAL,
    "NOT_INSURANCE_DOCTOR": NextStep.ASK_HOSPITAL,
    "STANDING_NOT_VALID": NextStep.ASK_HOSPITAL,
    "FACE_SIGN_IN_NEEDED": NextStep.SIGN_IN_BY_FACE,
    "NO_GRANT": NextStep.ASK_HOSPITAL,
}

# What the objects of the graph are called by people.
NOUNS: Mapping[str, tuple[str, str]] = {
    "Hospital": ("医院", "The hospital"),
    "Department": ("科室", "The department"),
    "Doctor": ("医师", "The doctor"),
    "InsuranceStanding": ("医师医保资格", "The doctor's standing"),
    "FaceSignIn": ("人脸签到", "The face sign-in"),
    "PrescribingRight": ("处方权", "The prescribing right"),
    "Pharmacist": ("药师", "The pharmacist"),
    "Patient": ("患者", "The patient"),
    "Consultation": ("问诊", "The consultation"),
    "Order": ("订单", "The order"),
    "Prescription": ("处方", "The prescription"),
    "Settlement": ("结算", "The settlement"),
    "Invoice": ("电子票据", "The receipt"),
    "Shipment": ("物流", "The parcel"),
    "ReportExport": ("导出", "The export"),
    "Refund": ("退费", "The refund"),
    "MissingInvoice": ("缺失的票据", "The missing receipt"),
}

PLATFORM_NAMES: Mapping[str, tuple[str, str]] = {
    "insurance": ("医保平台", "The insurance platform"),
    "insurance.payment": ("医保移动支付中心", "The insurance payment centre"),
    "authorization": ("医保授权平台", "The insurance authorisation platform"),
    "circulation": ("处方流转平台", "The prescription circulation platform"),
    "his": ("医院信息系统", "The hospital information system"),
    "receipts": ("电子票据平台", "The e-receipt platform"),
    "face_sign_in": ("人脸签到平台", "The face sign-in platform"),
    "wechat_pay": ("微信支付", "WeChat Pay"),
    "kuaidi100": ("物流查询平台", "The parcel tracking platform"),
    "wechat_shipping": ("微信发货信息管理", "WeChat's shipping records"),
}


def sentence(code: str, words: Mapping[str, str], language: int = CHINESE) -> str:
    """The sentence for `code`, in Chinese unless English is asked for."""
    told = dict(words)
    if "platform" in told:
        told["platform"] = PLATFORM_NAMES.get(told["platform"], (told["platform"],) * 2)[language]
    if "subject" in told:
        told["subject"] = NOUNS.get(told["subject"], (told["subject"],) * 2)[language]
    return SENTENCES[code][language].format(**told)


def checked(text: str, *, field: str, longest: int) -> str:
    """A text that people gave, without outer blanks. Raises Problem: empty, too long, or with U+0000 inside."""
    bare = text.strip()
    if not 1 <= len(bare) <= len(text) <= longest or "\0" in text:
        raise Problem("INVALID_INPUT", field=field, reason=f"1–{longest} 个字符 (characters)")
    return bare


class Problem(Exception):
    """An expected failure. `words` fill the sentence; `field` names the input that is wrong, where one is."""

    def __init__(self, code: str, *, field: str | None = None, platform_code: str | None = None, **words: str) -> None:
        super().__init__(f"{code} {words}")
        self.code = code
        self.field = field
        self.platform_code = platform_code
        self.words = words | ({"field": field} if field is not None else {})

    def message(self, language: int = CHINESE) -> str:
        """What the person in front of the screen reads."""
        return sentence(self.code, self.words, language)
