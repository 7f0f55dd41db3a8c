"""医师人脸签到: a doctor shows their face to the platform. No public protocol exists; see gateway.py and wire.py."""
