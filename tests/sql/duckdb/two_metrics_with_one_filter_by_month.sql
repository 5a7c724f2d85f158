-- won, revenue · group_by: ['metric_time__month']
SELECT
  DATE_TRUNC('month', deals.closed) AS metric_time__month,
  COUNT(*) AS won,
  SUM(deals.amount) AS revenue
FROM deals
WHERE deals.stage = 'Won'
GROUP BY DATE_TRUNC('month', deals.closed)
ORDER BY metric_time__month
