"""The words of the enums: every enum of the hospital that the graph shows, with a description for every value."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from app import models
from app.models.lists import ListSort
from app.models.reports import ReportBucket, ReportDimension
from app.problems import NextStep
from app.reconciliation import DifferenceKind, Movement
from app.tokens import Role


def described(enum: type[Enum], description: str, values: Mapping[str, str], *, name: str | None = None) -> type[Enum]:
    """Puts an enum into the graph, with a description for every value."""
    made: Any = strawberry.enum(enum, name=name, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[value.name]
    return enum


ENUMS = (
    described(
        models.DrugClass,
        "A class of drugs that needs a right of its own (处方权类别).",
        {
            "ORDINARY": "Ordinary drugs (普通处方权).",
            "ANTIBACTERIAL_UNRESTRICTED": "Antibacterials, unrestricted grade (非限制使用级抗菌药物).",
            "ANTIBACTERIAL_RESTRICTED": "Antibacterials, restricted grade (限制使用级抗菌药物).",
            "ANTIBACTERIAL_SPECIAL": "Antibacterials, special grade (特殊使用级抗菌药物).",
            "NARCOTIC_PSYCHOTROPIC": "Narcotic and class-one psychotropic drugs (麻醉药品和第一类精神药品).",
            "HERBAL": "Herbal medicine (中药饮片).",
        },
    ),
    described(
        NextStep,
        "What removes the reason why a doctor may not prescribe (下一步).",
        {
            "VERIFY_IDENTITY": "doctorIdentityVerify (进行医师身份验证).",
            "SIGN_IN_BY_FACE": "doctorFaceSignInStart, and sign in on its page (进行人脸签到).",
            "ASK_HOSPITAL": "Only the hospital can help (联系医院).",
        },
    ),
    described(
        models.InvoiceState,
        "What became of a receipt (票据状态).",
        {
            "ISSUING": "Asked for; no number yet (开具中).",
            "ISSUED": "Issued (已开具).",
            "RED": "Written off by a red receipt (已冲红).",
        },
    ),
    described(
        models.ExportKind,
        "What an export holds (导出内容).",
        {
            "ORDERS": "Orders as in `orders` (订单明细). Tender 28.",
            "SETTLEMENTS": "Settlements as in `settlements` (支付结算明细). Tender 29.",
            "PAYMENTS": "Payments and refunds, each a line of its own day (支付与退费流水); sums as in"
            " `settlementReport`. Tender 29.",
        },
    ),
    described(
        models.ExportFormat,
        "The format of an export (导出格式).",
        {
            "CSV": "Comma-separated values in UTF-8 with a byte order mark (CSV).",
            "XLSX": "A workbook (Excel), with a second sheet that says what was asked.",
        },
    ),
    described(
        models.ExportState,
        "What became of an export (导出状态).",
        {
            "QUEUED": "To be written (排队中).",
            "RUNNING": "Being written (生成中).",
            "DONE": "The file is there, until it expires (已完成).",
            "FAILED": "There will be no file (失败).",
        },
    ),
    described(
        ListSort,
        "In which order a list is read (排序); what is equal follows its id in the same direction.",
        {
            "CREATED_DESC": "The newest first (按创建时间倒序).",
            "CREATED_ASC": "The oldest first (按创建时间正序).",
            "AMOUNT_DESC": "The highest amount first (按金额倒序).",
            "AMOUNT_ASC": "The lowest amount first (按金额正序).",
        },
    ),
    described(
        models.OrderState,
        "What became of an order (订单状态).",
        {
            "OPEN": "To be paid (待支付).",
            "SETTLING": "A settlement is under way (支付中).",
            "SETTLED": "Paid (已结算).",
            "REFUNDED": "Given back (已退费).",
            "EXPIRED": "Nobody paid in time (已过期).",
            "STALE": "The charges were changed or voided in the HIS (费用已变更): make a new order.",
        },
    ),
    described(
        models.CheckoutKind,
        "Where the patient pays (支付入口).",
        {
            "PAGE": "A web page (结算页面): `checkoutUrl`.",
            "MINI_PROGRAM": "wx.requestPayment (小程序支付): `checkoutParameters`; self-pay only.",
            "MIXED": "wx.requestMedicalInsurancePay (医保自费混合支付): `mixTradeNo`; insurance only.",
        },
    ),
    described(
        DifferenceKind,
        "How our books and a platform's disagree (差异类型).",
        {
            "OURS_ONLY": "Only we have it (对方缺失).",
            "THEIRS_ONLY": "Only the platform has it, or here it is not paid (本方缺失).",
            "AMOUNTS_DIFFER": "Both have it, with other amounts (金额不符).",
            "DAYS_DIFFER": "Both have it, on other days (日期不符).",
        },
    ),
    described(
        Movement,
        "Which way money went (收付方向).",
        {"PAYMENT": "Paid (收款).", "REFUND": "Given back (退款)."},
    ),
    described(
        models.PaymentState,
        "What the HIS says of a prescription's money (处方支付状态).",
        {
            "UNPAID": "Can be paid (待支付).",
            "LOCKED": "Held while somebody pays (已锁定).",
            "PAID": "Paid (已支付).",
            "HOSPITAL_PROCESSING": "Paid; the hospital is still at work (已支付，院内处理中).",
            "PARTIALLY_REFUNDED": "Some of it was given back (部分退费).",
            "REFUNDED": "Given back (已退费).",
            "VOID": "Taken back by a doctor (已作废): it can never be paid.",
        },
    ),
    described(
        models.DispenseState,
        "What the HIS says of a prescription's medicine (发药状态).",
        {
            "NONE": "Nothing yet (未发药).",
            "PREPARING": "Being prepared (配药中).",
            "DISPENSED": "Handed out (已发药).",
            "SHIPPED": "Sent (已寄出).",
            "RECEIVED": "Received (已收药).",
            "RETURNED": "Brought back (已退药).",
        },
    ),
    described(
        models.PrescriptionKind,
        "What a prescription is of (处方类别).",
        {
            "WESTERN": "Western medicine (西药).",
            "CHINESE_PATENT": "Chinese patent medicine (中成药).",
            "HERBAL": "Herbal pieces (中药饮片).",
            "SERVICE": "A service, for instance the consultation fee (诊疗服务).",
        },
    ),
    described(
        ReportBucket,
        "How long one row of a report lasts (统计周期).",
        {
            "DAY": "A day (日).",
            "WEEK": "A week from Monday to Sunday (周).",
            "MONTH": "A calendar month (月).",
        },
    ),
    described(
        ReportDimension,
        "What a report can be grouped by (统计维度).",
        {
            "PAY_KIND": "Who pays (支付方式); settlements only.",
            "DEPARTMENT": "The order's department (科室).",
            "DOCTOR": "The order's doctor (医师).",
            "STATE": "The present state of the order or settlement (状态).",
            "INSURANCE_TYPE": "The kind of insurance at registration (险种类型); settlements only.",
        },
    ),
    described(
        models.PayKind,
        "Who pays (支付方式).",
        {
            "INSURANCE": "The medical insurance, with the patient's share (医保支付).",
            "SELF_PAY": "The patient alone (自费支付).",
        },
    ),
    described(
        models.RefundState,
        "What became of a refund (退费状态).",
        {
            "REQUESTED": "Asked for; another person must decide (待审批).",
            "REJECTED": "Rejected (已驳回).",
            "DOING": "Approved; the settlement's steps give it back (退费中).",
            "DONE": "Given back (已退费). What an insurance order still costs is paid by a new settlement of it.",
            "FAILED": "Nothing was moved; `problem` says why (退费失败).",
            "ATTENTION": "A person must look; the settlement's steps say why (需人工处理).",
        },
    ),
    described(
        models.SettlementState,
        "Where somebody's money is (结算状态).",
        {
            "OPENING": "Being registered, uploaded and priced; nothing is charged (开单中).",
            "AWAITING_PAYMENT": "The page is open; the patient must pay (待支付).",
            "COMPLETING": "Paid; the HIS and the receipt follow (收尾中).",
            "COMPLETED": "Paid, confirmed, receipted (已完成).",
            "REVERSING": "Being undone, or a part of it given back (冲销中、退费中).",
            "REVERSED": "Undone; the money is given back (已冲销).",
            "FAILED": "Nothing was charged, and nothing is left behind on any platform (已失败).",
            "ATTENTION": "A person must look; the steps say why (需人工处理).",
        },
    ),
    described(
        models.StepKind,
        "The steps (步骤).",
        {
            "REGISTRATION": "Registration with the insurance (医保挂号). Tender 11.",
            "FEE_DETAILS": "Upload of the fee lines (医保费用明细上传). Tender 14.",
            "PREVIEW": "Settlement in advance: who will pay what (医保预结算). Tender 16.",
            "CHECKOUT": "The page where the patient pays (获取医保结算页面地址). Tender 13.",
            "RESULT": "What the platform says of the payment (获取医保结算结果). Tender 18.",
            "HIS_CONFIRMATION": "The HIS hears of the payment (结算结果确认). Tender 24.",
            "INVOICE": "The e-receipt (开具电子票据). Tender 26.",
            "REVERSE_REGISTRATION": "The registration is cancelled (医保挂号冲销). Tender 12.",
            "REVERSE_FEE_DETAILS": "The fee lines are taken back (医保费用明细上传冲销). Tender 15.",
            "REVERSE_SETTLEMENT": "The money is given back (医保结算冲销). Tender 17.",
            "HIS_CANCELLATION": "The HIS hears of the reversal (HIS 冲销).",
            "RED_INVOICE": "The red receipt (票据冲红).",
        },
    ),
    described(
        models.StepState,
        "What became of a step (步骤状态).",
        {
            "PENDING": "Not begun, or to be done again (待执行).",
            "SENDING": "Under way (执行中).",
            "DONE": "Done (已完成).",
            "REFUSED": "The platform said no (被拒绝).",
            "UNKNOWN": "The platform did not answer; it is being asked (结果未知).",
            "SKIPPED": "Not needed (已跳过).",
        },
    ),
    described(
        models.ShipmentState,
        "Where a parcel is (物流状态).",
        {
            "CREATED": "Announced to the carrier (待揽收).",
            "PICKED_UP": "Picked up (已揽收).",
            "PICKUP_FAILED": "Could not be picked up (揽收失败).",
            "IN_TRANSIT": "In transit (运输中).",
            "OUT_FOR_DELIVERY": "Out for delivery (派送中).",
            "SIGNED": "Signed for (已签收).",
            "EXCEPTION": "Something is wrong (异常).",
            "RETURNING": "On its way back (退回中).",
            "RETURNED": "Sent back (已退回).",
            "CANCELLED": "Cancelled (已取消).",
        },
    ),
    described(
        models.UploadTarget,
        "Who is told of a parcel (上传对象).",
        {
            "INSURANCE": "The insurance platform (医保平台), of each change.",
            "WECHAT": "WeChat (微信发货信息管理), once, of goods that were paid in the mini-program.",
        },
    ),
    described(
        Role,
        "What a person is to the hospital (角色).",
        {
            "PATIENT": "A patient (患者).",
            "DOCTOR": "A doctor (医师).",
            "PHARMACIST": "A pharmacist (药师).",
            "CASHIER": "A cashier (收费员).",
            "FINANCE": "Finance staff (财务).",
            "AUDITOR": "An auditor (审计).",
            "ADMIN": "An administrator (管理员).",
        },
    ),
)
