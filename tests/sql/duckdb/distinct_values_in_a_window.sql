-- customers_60d · group_by: ['metric_time__month']
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS day_of_row,
    deals.account_id AS customers_value
  FROM deals
  GROUP BY DATE_TRUNC('day', deals.closed), deals.account_id
),
days AS (
  SELECT UNNEST(GENERATE_SERIES((SELECT MIN(day_of_row) FROM deals_by_day), (SELECT MAX(day_of_row) FROM deals_by_day), INTERVAL 1 DAY)) AS "day"
),
last_days AS (
  SELECT
    DATE_TRUNC('month', days."day") AS metric_time__month,
    MAX(days."day") AS day_of_row
  FROM days
  GROUP BY DATE_TRUNC('month', days."day")
)
SELECT
  last_days.metric_time__month,
  COUNT(DISTINCT deals_by_day.customers_value) AS customers_60d
FROM last_days
INNER JOIN deals_by_day ON deals_by_day.day_of_row <= last_days.day_of_row AND deals_by_day.day_of_row > last_days.day_of_row - INTERVAL 60 DAY
GROUP BY last_days.metric_time__month
ORDER BY metric_time__month
