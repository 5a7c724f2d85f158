-- win_rate · group_by: ['metric_time__month', 'account__country'] · where: ["account__segment = 'SMB'"] · start: 2024-01 · end: 2024-06
SELECT
  DATE_TRUNC('month', deals.closed) AS metric_time__month,
  account.country AS account__country,
  CAST(COUNT(CASE WHEN deals.stage = 'Won' THEN 1 END) AS DOUBLE) / NULLIF(COUNT(CASE WHEN deals.stage IN ('Won', 'Lost') THEN 1 END), 0) AS win_rate
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
WHERE account.segment = 'SMB'
  AND deals.stage IN ('Won', 'Lost')
  AND deals.closed >= CAST('2024-01-01' AS DATE)
  AND deals.closed < CAST('2024-07-01' AS DATE)
GROUP BY DATE_TRUNC('month', deals.closed), account.country
ORDER BY metric_time__month, account__country
