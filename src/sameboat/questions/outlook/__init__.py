"""Whether a KPI will make it: the forecast, what would have to be true, the sliders."""
