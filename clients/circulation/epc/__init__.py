"""The prescription centre (医保电子处方中心, D001–D007)."""
