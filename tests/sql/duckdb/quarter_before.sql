-- deals_quarter_before · group_by: ['metric_time__quarter']
WITH deals_by_quarter AS (
  SELECT
    DATE_TRUNC('quarter', deals.closed) AS metric_time__quarter,
    COUNT(*) AS deals
  FROM deals
  GROUP BY DATE_TRUNC('quarter', deals.closed)
)
SELECT
  deals_by_quarter.metric_time__quarter + INTERVAL 1 QUARTER AS metric_time__quarter,
  deals_by_quarter.deals AS deals_quarter_before
FROM deals_by_quarter
WHERE deals_by_quarter.metric_time__quarter + INTERVAL 1 QUARTER <= (SELECT MAX(deals.closed) FROM deals)
ORDER BY metric_time__quarter
