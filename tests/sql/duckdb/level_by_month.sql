-- balance · group_by: ['metric_time__month']
WITH balances_readings AS (
  SELECT
    DATE_TRUNC('month', balances."day") AS metric_time__month,
    balances.balance AS reading,
    DATE_TRUNC('day', balances."day") AS read_at,
    MAX(DATE_TRUNC('day', balances."day")) OVER (PARTITION BY DATE_TRUNC('month', balances."day")) AS edge_at
  FROM balances
)
SELECT
  metric_time__month,
  SUM(reading) AS balance
FROM balances_readings
WHERE read_at = edge_at
GROUP BY metric_time__month
ORDER BY metric_time__month
