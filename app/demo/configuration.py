"""Keys and settings of one demonstration, generated afresh: none is in the repository, none is used twice."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clients.insurance.book import Profile
from clients.insurance.sm import PrivateKey
from clients.sandboxes import SandboxKeys
from clients.wechat_pay.demo import demo_keys

INSTITUTION, HOSPITAL, AREA = "H35020500999", "医桥示例互联网医院", "350200"


def generate(
    directory: Path,
    *,
    database_url: str,
    server_url: str,
    sandbox_url: str,
    profile: Profile = Profile.TENDER,
    institution: str = INSTITUTION,
    more: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Write `yiqiao.env`, `sandbox.json` and the development key into `directory`; returns the environment."""
    directory.mkdir(parents=True, exist_ok=True)
    channel, platform = PrivateKey.generate(), PrivateKey.generate()
    keys = _sandbox_keys(channel, platform, server_url, sandbox_url, profile, institution)
    keys |= {
        "circulation_platform_private_key": platform.secret.hex(),
        "circulation_channel_public_key": channel.public.point.hex(),
    }
    wechat = demo_keys()
    keys |= {
        "wechat_merchant_public_key": wechat.merchant_public_key,
        "wechat_platform_private_key": wechat.platform_private_key,
        "wechat_api_v3_key": wechat.api_v3_key,
    }
    (directory / "sandbox.json").write_text(json.dumps(keys), encoding="utf-8")
    (directory / "development.pem").write_bytes(_development_key())
    settings = _settings(keys, channel, platform, database_url, server_url) | {
        "tokens": {"dev_key_file": str(directory / "development.pem")},
        "wechat_pay": _wechat(keys, wechat.merchant_private_key, wechat.platform_public_key, server_url),
        "mixed_payment": {"institution_name": HOSPITAL, "institution_code": institution, "city_code": AREA},
        **(more or {}),
    }
    environment = {f"YIQIAO_{name.upper()}": _text(value) for name, value in settings.items()}
    lines = [f"{name}='{value}'" for name, value in environment.items()]
    (directory / "yiqiao.env").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for secret in directory.iterdir():
        if secret.is_file():
            secret.chmod(0o600)
    return environment


def kept_sealing(path: Path) -> dict[str, Any]:
    """The keys for data at rest: a database that exists must keep the ones it was filled with."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_sealing()), encoding="utf-8")
        path.chmod(0o600)
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def sandbox_keys(path: Path) -> SandboxKeys:
    """What `generate` wrote for the sandboxes."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return SandboxKeys(**told | {"profile": Profile(told["profile"])})


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _development_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _sandbox_keys(
    channel: PrivateKey, platform: PrivateKey, server_url: str, sandbox_url: str, profile: Profile, institution: str
) -> dict[str, Any]:
    return {
        "public_url": sandbox_url,
        "callback_url": f"{server_url}/callbacks/insurance/settlements",
        "profile": profile.value,
        "institution_code": institution,
        "area": AREA,
        "paas_id": "DEMO_PAAS",
        "paas_token": secrets.token_hex(16),
        "payment_app_id": secrets.token_hex(16).upper(),
        "payment_app_secret": secrets.token_hex(16).upper(),
        "payment_platform_private_key": platform.secret.hex(),
        "payment_channel_public_key": channel.public.point.hex(),
        "authorization_partner_id": "DEMO_PARTNER",
        "authorization_secret": secrets.token_hex(16),
        "authorization_channel_certificate": f"demo/{secrets.token_hex(8)}+A=",
        "his_app_id": "demo-internet-hospital",
        "his_secret": secrets.token_hex(16),
        "his_hospital_id": institution,
        "receipts_app_id": "DEMOHOSP0000001",
        "receipts_key": secrets.token_hex(13),
        "receipts_place_code": "HLW01",
        "face_app_id": "demo-internet-hospital",
        "face_secret": secrets.token_hex(16),
        "kuaidi100_customer": secrets.token_hex(16).upper(),
        "kuaidi100_key": secrets.token_hex(8),
        "wechat_app_id": "wxdemo0000000000",
        "wechat_app_secret": secrets.token_hex(16),
        "wechat_merchant_id": "1900000001",
        "wechat_merchant_serial": secrets.token_hex(20).upper(),
        "wechat_platform_serial": secrets.token_hex(20).upper(),
        "circulation_app_id": secrets.token_hex(16).upper(),
        "circulation_app_secret": secrets.token_hex(16).upper(),
    }


def _settings(
    keys: Mapping[str, Any], channel: PrivateKey, platform: PrivateKey, database_url: str, server_url: str
) -> dict[str, Any]:
    sandbox_url = keys["public_url"]
    host, _, port = server_url.removeprefix("http://").partition(":")
    return {
        "environment": "development",
        "database_url": database_url,
        "host": host,
        "port": port,
        "public_url": server_url,
        "sandbox_url": sandbox_url,
        "sealing": _sealing(),
        "sign_in": {"operator": "IH01", "mac_address": "00-00-5E-00-53-01", "ip_address": "127.0.0.1"},
        "insurance_core": {
            "base_url": f"{sandbox_url}/insurance-core",
            "paas_id": keys["paas_id"],
            "token": keys["paas_token"],
            "institution_code": keys["institution_code"],
            "institution_name": HOSPITAL,
            "area": AREA,
            "receiver": "01",
            "operator": "IH01",
            "operator_name": "互联网医院",
            "sign_in_required": True,
            "timeout": 10,
        },
        "insurance_payment": {
            "base_url": f"{sandbox_url}/insurance-payment",
            "app_id": keys["payment_app_id"],
            "app_secret": keys["payment_app_secret"],
            "private_key": channel.secret.hex(),
            "platform_public_key": platform.public.point.hex(),
            "institution_code": keys["institution_code"],
            "timeout": 10,
        },
        "authorization": _authorization(keys),
        "circulation": _circulation(keys, channel, platform),
        "his": {
            "base_url": f"{sandbox_url}/his",
            "app_id": keys["his_app_id"],
            "secret": keys["his_secret"],
            "hospital_id": keys["his_hospital_id"],
            "timeout": 10,
        },
        "receipts": {
            "base_url": f"{sandbox_url}/receipts",
            "app_id": keys["receipts_app_id"],
            "key": keys["receipts_key"],
            "place_code": keys["receipts_place_code"],
            "payee": "互联网医院",
            "author": "互联网医院",
            "checker": "互联网医院",
            "medical_institution": "三级甲等",
            "timeout": 10,
        },
        "face_sign_in": {
            "base_url": f"{sandbox_url}/face-sign-in",
            "app_id": keys["face_app_id"],
            "secret": keys["face_secret"],
            "timeout": 10,
        },
        "kuaidi100": {
            "base_url": f"{sandbox_url}/kuaidi100",
            "customer": keys["kuaidi100_customer"],
            "key": keys["kuaidi100_key"],
            "callback_url": f"{server_url}/callbacks/shipments/kuaidi100",
            "salt": secrets.token_hex(16),
            "timeout": 10,
        },
        "wechat_shipping": {
            "base_url": f"{sandbox_url}/wechat-shipping",
            "app_id": keys["wechat_app_id"],
            "app_secret": keys["wechat_app_secret"],
            "merchant_id": keys["wechat_merchant_id"],
            "timeout": 10,
        },
        "timing": {"lease": "PT12S", "heartbeat": "PT8S", "parcel_apart": "PT1S"},
    }


def _circulation(keys: Mapping[str, Any], channel: PrivateKey, platform: PrivateKey) -> dict[str, Any]:
    return {
        "channel": "epc",
        "base_url": f"{keys['public_url']}/circulation",
        "app_id": keys["circulation_app_id"],
        "app_secret": keys["circulation_app_secret"],
        "private_key": channel.secret.hex(),
        "platform_public_key": platform.public.point.hex(),
        "institution_code": keys["institution_code"],
        "institution_name": HOSPITAL,
        "timeout": 10,
    }


def _authorization(keys: Mapping[str, Any]) -> dict[str, Any]:
    sandbox_url = f"{keys['public_url']}/authorization"
    return {
        "base_url": sandbox_url,
        "partner_id": keys["authorization_partner_id"],
        "partner_secret": keys["authorization_secret"],
        "institution_code": keys["institution_code"],
        "app_id": keys["payment_app_id"],
        "city_code": AREA,
        "channel": "DEMO",
        "channel_certificate": keys["authorization_channel_certificate"],
        "page_base": f"{sandbox_url}/",
        "timeout": 10,
    }


def _wechat(keys: Mapping[str, Any], private_key: str, platform_key: str, server_url: str) -> dict[str, Any]:
    return {
        "base_url": f"{keys['public_url']}/wechat-pay",
        "app_id": keys["wechat_app_id"],
        "merchant_id": keys["wechat_merchant_id"],
        "merchant_serial": keys["wechat_merchant_serial"],
        "merchant_private_key": private_key,
        "platform_serial": keys["wechat_platform_serial"],
        "platform_public_key": platform_key,
        "api_v3_key": keys["wechat_api_v3_key"],
        "notify_url": f"{server_url}/callbacks/self-pay",
        "timeout": 10,
    }


def _sealing() -> dict[str, Any]:
    return {"keys": {"1": _random_key()}, "active": "1", "index_key": _random_key()}


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
