"""What is measured of predictions that are healthy, and of some that are not."""

HEALTHY = {
    "chroma_ratio": 0.95, "lightness_drift": 0.1, "lightness_rmse": 1.0, "lightness_gain": 1.0,
    "hue_concentration": 0.5, "hue_concentration_target": 0.5, "mean_shift": 0.5, "ab_fit": 0.9,
    "a_slope": 0.9, "b_slope": 0.9, "color_noise": 1.0, "tint": 0.5, "tint_hue": 80.0,
    "hue_turn": 2.0, "ab_correlation": 0.9, "a_ratio": 0.95, "b_ratio": 0.95,
}  # fmt: skip
SEPIA = {"tint": 9.0, "mean_shift": 9.0}
PALE = {"chroma_ratio": 0.6, "a_ratio": 0.6, "b_ratio": 0.6}
