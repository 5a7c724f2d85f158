WITH deals_by_month AS (
  SELECT
    DATE_TRUNC('month', deals.closed) AS metric_time__month,
    SUM(deals.amount) AS revenue
  FROM deals
  WHERE deals.stage = 'Won'
  GROUP BY DATE_TRUNC('month', deals.closed)
),
all_rows AS (
  SELECT
    metric_time__month,
    revenue,
    NULL AS revenue_2
  FROM deals_by_month
  UNION ALL
  SELECT
    deals_by_month.metric_time__month + INTERVAL 1 YEAR AS metric_time__month,
    NULL AS revenue,
    deals_by_month.revenue AS revenue_2
  FROM deals_by_month
  WHERE deals_by_month.metric_time__month + INTERVAL 1 YEAR <= (SELECT MAX(deals.closed) FROM deals)
)
SELECT
  metric_time__month,
  CAST(MAX(revenue) AS DOUBLE) / NULLIF(MAX(revenue_2), 0) - 1 AS revenue_growth
FROM all_rows
GROUP BY metric_time__month
ORDER BY metric_time__month
