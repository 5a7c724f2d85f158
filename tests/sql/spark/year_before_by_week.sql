-- revenue_year_before · group_by: ['metric_time__week']
WITH deals_by_day AS (
  SELECT
    DATE_TRUNC('day', deals.closed) AS day_of_row,
    SUM(deals.amount) AS revenue
  FROM deals
  WHERE deals.stage = 'Won'
  GROUP BY DATE_TRUNC('day', deals.closed)
),
days AS (
  SELECT `day` FROM (SELECT EXPLODE(SEQUENCE(DATE_TRUNC('day', (SELECT MIN(deals.closed) FROM deals)), GREATEST(DATE_TRUNC('day', (SELECT MIN(deals.closed) FROM deals)), DATE_TRUNC('week', (SELECT MAX(deals.closed) FROM deals)) + INTERVAL 1 WEEK - INTERVAL 1 DAY), INTERVAL 1 DAY)) AS `day`) WHERE `day` <= DATE_TRUNC('week', (SELECT MAX(deals.closed) FROM deals)) + INTERVAL 1 WEEK - INTERVAL 1 DAY
),
revenue_days AS (
  SELECT DISTINCT
    DATE_TRUNC('week', days.`day`) AS metric_time__week,
    days.`day` - INTERVAL 1 YEAR AS taken
  FROM days
)
SELECT
  revenue_days.metric_time__week,
  SUM(deals_by_day.revenue) AS revenue_year_before
FROM revenue_days
INNER JOIN deals_by_day ON deals_by_day.day_of_row = revenue_days.taken
GROUP BY revenue_days.metric_time__week
ORDER BY metric_time__week NULLS LAST
