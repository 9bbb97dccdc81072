-- After .env was lost and made anew: the data knows the password of the old one, the container that of the new.
\getenv password POSTGRES_PASSWORD
ALTER ROLE paydesk PASSWORD :'password';
