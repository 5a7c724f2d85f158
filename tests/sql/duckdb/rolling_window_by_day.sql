-- revenue_28d · group_by: ['metric_time__day'] · start: 2024-02-01 · end: 2024-02-29
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS day_of_row,
    SUM(deals.amount) AS revenue
  FROM deals
  WHERE deals.stage = 'Won'
    AND deals.closed >= CAST('2024-01-04' AS DATE)
    AND deals.closed < CAST('2024-03-01' AS DATE)
  GROUP BY DATE_TRUNC('day', deals.closed)
),
days AS (
  SELECT UNNEST(GENERATE_SERIES(CAST('2024-02-01 00:00:00' AS TIMESTAMP), DATE_TRUNC('day', (SELECT MAX(deals.closed) FROM deals)), INTERVAL 1 DAY)) AS "day"
)
SELECT
  days."day" AS metric_time__day,
  SUM(deals_by_day.revenue) AS revenue_28d
FROM days
INNER JOIN deals_by_day ON deals_by_day.day_of_row <= days."day" AND deals_by_day.day_of_row > days."day" - INTERVAL 28 DAY
WHERE days."day" >= CAST('2024-02-01' AS DATE)
  AND days."day" < CAST('2024-03-01' AS DATE)
GROUP BY days."day"
ORDER BY metric_time__day
