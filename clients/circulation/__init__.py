"""Prescriptions that leave the hospital: the circulation platform (处方流转平台), on either of its wires."""
