-- days_open, months_open · group_by: ['account__segment']
SELECT
  account.segment AS account__segment,
  PERCENTILE(CASE WHEN deals.closed IS NOT NULL THEN CAST(TIMESTAMPDIFF(SECOND, DATE_TRUNC('second', CAST(deals.opened AS TIMESTAMP)), DATE_TRUNC('second', CAST(deals.closed AS TIMESTAMP))) AS DOUBLE) / 86400.0 END, 0.5) AS days_open,
  AVG(TIMESTAMPDIFF(MONTH, DATE_TRUNC('month', deals.opened), DATE_TRUNC('month', deals.closed))) AS months_open
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
GROUP BY account.segment
ORDER BY account__segment NULLS LAST
