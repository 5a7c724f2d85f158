-- deals · group_by: ['metric_time__extract_year', 'metric_time__extract_dow']
SELECT
  EXTRACT(YEAR FROM deals.closed) AS metric_time__extract_year,
  (WEEKDAY(deals.closed) + 1) AS metric_time__extract_dow,
  COUNT(*) AS deals
FROM deals
GROUP BY EXTRACT(YEAR FROM deals.closed), (WEEKDAY(deals.closed) + 1)
ORDER BY metric_time__extract_year NULLS LAST, metric_time__extract_dow NULLS LAST
