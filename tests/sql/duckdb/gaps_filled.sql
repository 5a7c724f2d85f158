-- daily_deals · group_by: ['metric_time__day']
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS metric_time__day,
    COUNT(*) AS daily_deals
  FROM deals
  GROUP BY DATE_TRUNC('day', deals.closed)
),
days AS (
  SELECT UNNEST(GENERATE_SERIES(DATE_TRUNC('day', (SELECT MIN(deals.closed) FROM deals)), DATE_TRUNC('day', (SELECT MAX(deals.closed) FROM deals)), INTERVAL 1 DAY)) AS "day"
)
SELECT
  days."day" AS metric_time__day,
  COALESCE(deals_by_day.daily_deals, 0) AS daily_deals
FROM days
LEFT JOIN deals_by_day ON days."day" = deals_by_day.metric_time__day
ORDER BY metric_time__day
