-- revenue, revenue_growth · group_by: ['metric_time__month'] · start: 2025-01 · end: 2025-03
WITH deals_by_month AS (
  SELECT
    DATE_TRUNC('month', deals.closed) AS metric_time__month,
    SUM(deals.amount) AS revenue
  FROM deals
  WHERE deals.stage = 'Won'
    AND deals.closed >= CAST('2024-01-01' AS DATE)
    AND deals.closed < CAST('2025-04-01' AS DATE)
  GROUP BY DATE_TRUNC('month', deals.closed)
),
all_rows AS (
  SELECT
    deals_by_month.metric_time__month,
    deals_by_month.revenue,
    NULL AS revenue_2
  FROM deals_by_month
  WHERE deals_by_month.metric_time__month >= CAST('2025-01-01' AS DATE)
    AND deals_by_month.metric_time__month < CAST('2025-04-01' AS DATE)
  UNION ALL
  SELECT
    deals_by_month.metric_time__month + INTERVAL 1 YEAR AS metric_time__month,
    NULL AS revenue,
    deals_by_month.revenue AS revenue_2
  FROM deals_by_month
  WHERE deals_by_month.metric_time__month + INTERVAL 1 YEAR >= CAST('2025-01-01' AS DATE)
    AND deals_by_month.metric_time__month + INTERVAL 1 YEAR < CAST('2025-04-01' AS DATE)
    AND deals_by_month.metric_time__month + INTERVAL 1 YEAR <= (SELECT MAX(deals.closed) FROM deals)
)
SELECT
  metric_time__month,
  MAX(revenue) AS revenue,
  CAST(MAX(revenue) AS DOUBLE) / NULLIF(MAX(revenue_2), 0) - 1 AS revenue_growth
FROM all_rows
GROUP BY metric_time__month
ORDER BY metric_time__month
