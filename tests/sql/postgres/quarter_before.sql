-- deals_quarter_before · group_by: ['metric_time__quarter']
WITH deals_by_quarter AS (
  SELECT
    CAST(DATE_TRUNC('quarter', deals.closed) AS DATE) AS metric_time__quarter,
    COUNT(*) AS deals
  FROM deals
  GROUP BY CAST(DATE_TRUNC('quarter', deals.closed) AS DATE)
)
SELECT
  deals_by_quarter.metric_time__quarter + INTERVAL '3 MONTH' AS metric_time__quarter,
  deals_by_quarter.deals AS deals_quarter_before
FROM deals_by_quarter
WHERE deals_by_quarter.metric_time__quarter + INTERVAL '3 MONTH' <= (SELECT MAX(deals.closed) FROM deals)
ORDER BY metric_time__quarter
