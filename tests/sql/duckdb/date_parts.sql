-- deals · group_by: ['metric_time__extract_year', 'metric_time__extract_dow']
SELECT
  EXTRACT(YEAR FROM deals.closed) AS metric_time__extract_year,
  ISODOW(deals.closed) AS metric_time__extract_dow,
  COUNT(*) AS deals
FROM deals
GROUP BY EXTRACT(YEAR FROM deals.closed), ISODOW(deals.closed)
ORDER BY metric_time__extract_year, metric_time__extract_dow
