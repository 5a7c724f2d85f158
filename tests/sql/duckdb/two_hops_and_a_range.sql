SELECT
  account_rep.office AS account__rep__office,
  COUNT(*) AS deals
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
LEFT JOIN reps AS account_rep ON account.rep_id = account_rep.rep_id
WHERE deals.closed >= CAST('2024-02-01' AS DATE)
  AND deals.closed < CAST('2025-04-01' AS DATE)
GROUP BY account_rep.office
ORDER BY account__rep__office
