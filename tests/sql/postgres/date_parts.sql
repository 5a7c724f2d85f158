-- deals · group_by: ['metric_time__extract_year', 'metric_time__extract_dow']
SELECT
  CAST(EXTRACT(YEAR FROM deals.closed) AS INTEGER) AS metric_time__extract_year,
  CAST(EXTRACT(ISODOW FROM deals.closed) AS INTEGER) AS metric_time__extract_dow,
  COUNT(*) AS deals
FROM deals
GROUP BY CAST(EXTRACT(YEAR FROM deals.closed) AS INTEGER), CAST(EXTRACT(ISODOW FROM deals.closed) AS INTEGER)
ORDER BY metric_time__extract_year, metric_time__extract_dow
