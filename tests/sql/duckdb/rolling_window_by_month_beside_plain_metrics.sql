-- revenue, deals, revenue_28d · group_by: ['metric_time__month', 'account__country'] · start: 2024-01 · end: 2024-03
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS day_of_row,
    account.country AS account__country,
    SUM(CASE WHEN deals.stage = 'Won' THEN deals.amount END) AS revenue,
    COUNT(*) AS deals
  FROM deals
  LEFT JOIN accounts AS account ON deals.account_id = account.account_id
  WHERE deals.closed >= CAST('2023-12-04' AS DATE)
    AND deals.closed < CAST('2024-04-01' AS DATE)
  GROUP BY DATE_TRUNC('day', deals.closed), account.country
),
days AS (
  SELECT UNNEST(GENERATE_SERIES(CAST('2024-01-01 00:00:00' AS TIMESTAMP), DATE_TRUNC('day', (SELECT MAX(deals.closed) FROM deals)), INTERVAL 1 DAY)) AS "day"
),
last_days AS (
  SELECT
    DATE_TRUNC('month', days."day") AS metric_time__month,
    MAX(days."day") AS day_of_row
  FROM days
  WHERE days."day" >= CAST('2024-01-01' AS DATE)
    AND days."day" < CAST('2024-04-01' AS DATE)
  GROUP BY DATE_TRUNC('month', days."day")
),
revenue_looking_back AS (
  SELECT
    last_days.metric_time__month,
    deals_by_day.account__country,
    SUM(deals_by_day.revenue) AS revenue
  FROM last_days
  INNER JOIN deals_by_day ON deals_by_day.day_of_row <= last_days.day_of_row AND deals_by_day.day_of_row > last_days.day_of_row - INTERVAL 28 DAY
  GROUP BY last_days.metric_time__month, deals_by_day.account__country
),
deals_by_month AS (
  SELECT
    DATE_TRUNC('month', deals_by_day.day_of_row) AS metric_time__month,
    deals_by_day.account__country,
    SUM(deals_by_day.revenue) AS revenue,
    SUM(deals_by_day.deals) AS deals
  FROM deals_by_day
  WHERE deals_by_day.day_of_row >= CAST('2024-01-01' AS DATE)
    AND deals_by_day.day_of_row < CAST('2024-04-01' AS DATE)
  GROUP BY DATE_TRUNC('month', deals_by_day.day_of_row), deals_by_day.account__country
),
all_rows AS (
  SELECT
    metric_time__month,
    account__country,
    revenue,
    deals,
    NULL AS revenue_2
  FROM deals_by_month
  UNION ALL
  SELECT
    metric_time__month,
    account__country,
    NULL AS revenue,
    NULL AS deals,
    revenue AS revenue_2
  FROM revenue_looking_back
)
SELECT
  metric_time__month,
  account__country,
  MAX(revenue) AS revenue,
  MAX(deals) AS deals,
  MAX(revenue_2) AS revenue_28d
FROM all_rows
GROUP BY metric_time__month, account__country
ORDER BY metric_time__month, account__country
