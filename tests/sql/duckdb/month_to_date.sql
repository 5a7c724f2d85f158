-- revenue_mtd · group_by: ['metric_time__day']
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS day_of_row,
    SUM(deals.amount) AS revenue
  FROM deals
  WHERE deals.stage = 'Won'
  GROUP BY DATE_TRUNC('day', deals.closed)
),
days AS (
  SELECT UNNEST(GENERATE_SERIES(DATE_TRUNC('day', (SELECT MIN(deals.closed) FROM deals)), DATE_TRUNC('day', (SELECT MAX(deals.closed) FROM deals)), INTERVAL 1 DAY)) AS "day"
)
SELECT
  days."day" AS metric_time__day,
  SUM(deals_by_day.revenue) AS revenue_mtd
FROM days
INNER JOIN deals_by_day ON deals_by_day.day_of_row <= days."day" AND deals_by_day.day_of_row >= DATE_TRUNC('month', days."day")
GROUP BY days."day"
ORDER BY metric_time__day
