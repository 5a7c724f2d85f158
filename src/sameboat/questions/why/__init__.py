"""Why a KPI moved: the question, its parts and its words."""
