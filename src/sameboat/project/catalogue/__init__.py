"""The catalogue of KPI templates: what each one means, which data it asks for, what it declares."""
