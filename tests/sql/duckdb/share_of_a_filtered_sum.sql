-- uk_share · group_by: ['metric_time__month']
SELECT
  DATE_TRUNC('month', deals.closed) AS metric_time__month,
  CAST(CASE WHEN COUNT(CASE WHEN account.country = 'UK' THEN 1 END) = 0 THEN 0 ELSE SUM(CASE WHEN account.country = 'UK' THEN deals.amount END) END AS DOUBLE) / NULLIF(SUM(deals.amount), 0) AS uk_share
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
WHERE deals.stage = 'Won'
GROUP BY DATE_TRUNC('month', deals.closed)
ORDER BY metric_time__month
