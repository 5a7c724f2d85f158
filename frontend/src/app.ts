// Enriches the charts that the server drew; pages work without it.
export {};
