"""Prescriptions that leave the hospital: the insurance's circulation platform (处方流转平台), on either of its wires."""
