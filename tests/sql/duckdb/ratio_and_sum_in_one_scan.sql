-- win_rate, revenue · group_by: ['account__country'] · where: ["opened_on >= '2024-01-01'"]
SELECT
  account.country AS account__country,
  CAST(COUNT(CASE WHEN deals.stage = 'Won' THEN 1 END) AS DOUBLE) / NULLIF(COUNT(CASE WHEN deals.stage IN ('Won', 'Lost') THEN 1 END), 0) AS win_rate,
  SUM(CASE WHEN deals.stage = 'Won' THEN deals.amount END) AS revenue
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
WHERE DATE_TRUNC('day', deals.opened) >= '2024-01-01'
  AND deals.stage IN ('Won', 'Lost')
GROUP BY account.country
ORDER BY account__country
