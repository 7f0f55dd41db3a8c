"""What the patient's client needs to open the place where one pays."""

from __future__ import annotations

import strawberry

from schema.fields import stored


@strawberry.type(description="What wx.requestPayment takes (小程序调起支付参数), signed for one payment.")
class CheckoutParameters:
    """The names are those that WeChat's own function knows, so that a client hands them on as they are."""

    app_id: str = stored("The app in which it may be opened (小程序标识).")
    time_stamp: str = stored("Seconds, as text (时间戳).")
    nonce_str: str = stored("Random text (随机串).")
    package: str = stored("The order at WeChat (预支付会话): `prepay_id=…`.")
    sign_type: str = stored("How it is signed (签名类型): RSA.")
    pay_sign: str = stored("The signature (签名).")
