/**
 * What every nginx of the bench has in common: in the foreground, files in its own directory, no access log. Started
 * by root, its workers must be root's too: the directory is nobody else's.
 */
export const nginxBase = (workers: number, http: string): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes ${workers};
pid nginx.pid;
error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxied;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_timeout 120s;
  keepalive_requests 100000000;
  sendfile on;
  tcp_nodelay on;
${http}
}
`;
