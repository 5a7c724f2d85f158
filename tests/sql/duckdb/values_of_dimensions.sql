-- no metric · group_by: ['account__country', 'account__segment']
SELECT DISTINCT
  accounts.country AS account__country,
  accounts.segment AS account__segment
FROM accounts
ORDER BY account__country, account__segment
