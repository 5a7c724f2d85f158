-- revenue, deals · group_by: ['account__rep__office'] · order_by: ['-revenue'] · limit: 5
SELECT
  account_rep.office AS account__rep__office,
  SUM(CASE WHEN deals.stage = 'Won' THEN deals.amount END) AS revenue,
  COUNT(*) AS deals
FROM deals
LEFT JOIN accounts AS account ON deals.account_id = account.account_id
LEFT JOIN reps AS account_rep ON account.rep_id = account_rep.rep_id
GROUP BY account_rep.office
ORDER BY revenue DESC NULLS LAST, account__rep__office
LIMIT 5
