-- revenue_28d · group_by: ['metric_time__day'] · start: 2024-02-01 · end: 2024-02-29
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS day_of_row,
    SUM(deals.amount) AS revenue
  FROM deals
  WHERE deals.stage = 'Won'
    AND deals.closed >= CAST('2024-01-04' AS Nullable(Date32))
    AND deals.closed < CAST('2024-03-01' AS Nullable(Date32))
  GROUP BY DATE_TRUNC('day', deals.closed)
),
days AS (
  SELECT arrayJoin(arrayMap(i -> CAST('2024-02-01 00:00:00' AS Nullable(DateTime64(6))) + INTERVAL i DAY, range(0, assumeNotNull(dateDiff('DAY', CAST('2024-02-01 00:00:00' AS Nullable(DateTime64(6))), DATE_TRUNC('day', (SELECT MAX(deals.closed) FROM deals)))) + 1))) AS "day"
)
SELECT
  days."day" AS metric_time__day,
  SUM(deals_by_day.revenue) AS revenue_28d
FROM days
INNER JOIN deals_by_day ON deals_by_day.day_of_row <= days."day" AND deals_by_day.day_of_row > days."day" - INTERVAL 28 DAY
WHERE days."day" >= CAST('2024-02-01' AS Nullable(Date32))
  AND days."day" < CAST('2024-03-01' AS Nullable(Date32))
GROUP BY days."day"
ORDER BY metric_time__day
SETTINGS join_use_nulls = 1
