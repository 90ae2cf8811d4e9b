<?php

declare(strict_types=1);

namespace Swoole\Curl;

use Swoole\Coroutine\Http\Client;
use Swoole\Coroutine\System;
use Swoole\Http\Status;

/** A handle of cURL, by its options, on Coroutine\Http\Client: HTTP and HTTPS. The constants are those of the extension curl. */
final class Handler implements \Stringable
{
    /** Options that change nothing here. */
    private const IGNORED = [
        'CURLOPT_VERBOSE', 'CURLOPT_SSLVERSION', 'CURLOPT_NOSIGNAL', 'CURLOPT_FRESH_CONNECT', 'CURLOPT_PROXYAUTH',
        'CURLOPT_DNS_USE_GLOBAL_CACHE', 'CURLOPT_DNS_CACHE_TIMEOUT', 'CURLOPT_STDERR', 'CURLOPT_WRITEHEADER',
        'CURLOPT_BUFFERSIZE', 'CURLOPT_SSLCERTTYPE', 'CURLOPT_SSLKEYTYPE', 'CURLOPT_NOPROXY', 'CURLOPT_CERTINFO',
        'CURLOPT_HEADEROPT', 'CURLOPT_PROXYHEADER', 'CURLOPT_HTTPPROXYTUNNEL', 'CURLOPT_SSL_VERIFYHOST',
    ];

    /** Options that are settings of the client. */
    private const SETTINGS = [
        'CURLOPT_SSL_VERIFYPEER' => 'ssl_verify_peer', 'CURLOPT_SSLCERT' => 'ssl_cert_file',
        'CURLOPT_SSLKEY' => 'ssl_key_file', 'CURLOPT_CAINFO' => 'ssl_cafile', 'CURLOPT_CAPATH' => 'ssl_capath',
        'CURLOPT_KEYPASSWD' => 'ssl_passphrase', 'CURLOPT_SSLCERTPASSWD' => 'ssl_passphrase',
        'CURLOPT_SSLKEYPASSWD' => 'ssl_passphrase', 'CURLOPT_CONNECTTIMEOUT' => 'connect_timeout',
        'CURLOPT_TIMEOUT' => 'timeout',
    ];

    /** The same in milliseconds. */
    private const MILLISECONDS = ['CURLOPT_CONNECTTIMEOUT_MS' => 'connect_timeout', 'CURLOPT_TIMEOUT_MS' => 'timeout'];

    /** Options that are headers. */
    private const HEADERS = [
        'CURLOPT_REFERER' => 'Referer', 'CURLOPT_USERAGENT' => 'User-Agent', 'CURLOPT_COOKIE' => 'Cookie',
    ];

    /** Options that are kept as they are. */
    private const KEPT = [
        'CURLOPT_PROXY' => 'proxy', 'CURLOPT_PROXYPORT' => 'proxyPort', 'CURLOPT_PROXYUSERNAME' => 'proxyUsername',
        'CURLOPT_PROXYPASSWORD' => 'proxyPassword', 'CURLOPT_FAILONERROR' => 'failOnError', 'CURLOPT_HEADER' => 'withHeader',
        'CURLOPT_HEADERFUNCTION' => 'headerFunction', 'CURLOPT_READFUNCTION' => 'readFunction',
        'CURLOPT_NOPROGRESS' => 'noProgress', 'CURLOPT_PROGRESSFUNCTION' => 'progressFunction',
        'CURLOPT_FOLLOWLOCATION' => 'followLocation', 'CURLOPT_AUTOREFERER' => 'autoReferer',
        'CURLOPT_MAXREDIRS' => 'maxRedirects', 'CURLOPT_INFILESIZE' => 'infileSize', 'CURLINFO_HEADER_OUT' => 'withHeaderOut',
        'CURLOPT_FILETIME' => 'withFileTime', 'CURLOPT_COOKIEJAR' => 'cookieJar',
    ];

    /** @var Client|null */
    private $client;

    private $info = [
        'url' => '',
        'content_type' => '',
        'http_code' => 0,
        'header_size' => 0,
        'request_size' => 0,
        'filetime' => -1,
        'ssl_verify_result' => 0,
        'redirect_count' => 0,
        'total_time' => 5.3E-5,
        'namelookup_time' => 0.0,
        'connect_time' => 0.0,
        'pretransfer_time' => 0.0,
        'size_upload' => 0.0,
        'size_download' => 0.0,
        'speed_download' => 0.0,
        'speed_upload' => 0.0,
        'download_content_length' => -1.0,
        'upload_content_length' => -1.0,
        'starttransfer_time' => 0.0,
        'redirect_time' => 0.0,
        'redirect_url' => '',
        'primary_ip' => '',
        'certinfo' => [],
        'primary_port' => 0,
        'local_ip' => '',
        'local_port' => 0,
        'http_version' => 0,
        'protocol' => 0,
        'ssl_verifyresult' => 0,
        'scheme' => '',
        'private' => '',
    ];

    private $withHeaderOut = false;
    private $withFileTime = false;

    /** @var array|null the parts of the URL, the port among them */
    private $urlInfo;
    private $postData;
    private $infile;
    private $infileSize = PHP_INT_MAX;
    private $outputStream;
    private $proxyType;
    private $proxy;
    private $proxyPort = 1080;
    private $proxyUsername;
    private $proxyPassword;
    private $clientOptions = [];
    private $followLocation = false;
    private $autoReferer = false;
    private $maxRedirects;
    private $withHeader = false;
    private $nobody = false;
    private $headerFunction;
    private $readFunction;
    private $writeFunction;
    private $noProgress = true;
    private $progressFunction;
    private $returnTransfer = false;
    private $method = '';

    /** @var array<string, string> */
    private $headers = [];

    /** @var array<string, string> their names by the same in lower case */
    private $headerMap = [];
    private $transfer;
    private $errCode = 0;
    private $errMsg = '';
    private $failOnError = false;
    private $closed = false;
    private $cookieJar = '';

    /** @var array<string, array<int, string>> addresses by host and port */
    private $resolve = [];
    private $unix_socket_path = '';

    public function __construct(string $url = '')
    {
        if ($url !== '') {
            $this->setUrl($url);
        }
    }

    public function __toString(): string
    {
        return 'Object(' . \spl_object_id($this) . ') of type (curl)';
    }

    public function isAvailable(): bool
    {
        if ($this->closed) {
            \trigger_error('supplied resource is not a valid cURL handle resource', \E_USER_WARNING);
        }
        return !$this->closed;
    }

    public function setOpt(int $opt, $value): bool
    {
        return $this->isAvailable() && $this->setOption($opt, $value);
    }

    /** @return string|bool the body, when it was asked for; false when the request failed */
    public function exec()
    {
        return $this->isAvailable() ? $this->execute() : false;
    }

    /** @return array|false */
    public function getInfo()
    {
        return $this->isAvailable() ? $this->info : false;
    }

    public function errno(): int
    {
        return $this->isAvailable() ? $this->errCode : 0;
    }

    public function error(): string
    {
        return $this->isAvailable() ? $this->errMsg : '';
    }

    /** All options as in the beginning. */
    public function reset()
    {
        if (!$this->isAvailable()) {
            return false;
        }
        foreach ((new \ReflectionClass(self::class))->getDefaultProperties() as $name => $value) {
            $this->{$name} = $value;
        }
    }

    /** @return string|false|null what the last exec() returned */
    public function getContent()
    {
        return $this->isAvailable() ? $this->transfer : false;
    }

    public function close(): void
    {
        if ($this->isAvailable()) {
            $this->reset();
            $this->closed = true;
        }
    }

    private function create(?array $urlInfo = null): void
    {
        $urlInfo ??= $this->urlInfo;
        ['host' => $host, 'port' => $port] = $urlInfo;
        if (isset($this->resolve[$host])) {
            if (!$this->hasHeader('Host')) {
                $this->setHeader('Host', $host);
            }
            $host = ($this->resolve[$host][$port] ?? '') ?: $host;
            $this->urlInfo['host'] = $host;
        }
        if ($this->unix_socket_path !== '') {
            $host = "unix:/{$this->unix_socket_path}";
            $port = 0;
        }
        $this->client = new Client($host, $port, $urlInfo['scheme'] === 'https');
    }

    /** Path and query; a fragment is not sent. */
    private function getUrl(): string
    {
        $query = $this->urlInfo['query'] ?? '';
        return (($this->urlInfo['path'] ?? '') ?: '/') . ($query === '' ? '' : "?{$query}");
    }

    private function setUrl(string $url, bool $setInfo = true): bool
    {
        if ($url === '') {
            $this->setError(\CURLE_URL_MALFORMAT, 'No URL set!');
            return false;
        }
        if ($this->unix_socket_path === '' && !\str_contains($url, '://')) {
            $url = "http://{$url}";
        }
        if ($setInfo) {
            $parts = \parse_url($url);
            if ($this->unix_socket_path !== '' && \is_array($parts)) {
                $parts['host'] ??= \explode('/', $parts['path'] ?? '')[1] ?? '';
                if ($parts['host'] !== '' && !$this->hasHeader('Host')) {
                    $this->setHeader('Host', $parts['host']);
                }
            }
            if (!\is_array($parts) || !isset($parts['host'])) {
                $this->setError(\CURLE_URL_MALFORMAT, "URL[{$url}] using bad/illegal format");
                return false;
            }
            if (!$this->setUrlInfo($parts)) {
                return false;
            }
        }
        $this->info['url'] = $url;
        return true;
    }

    private function setUrlInfo(array $urlInfo): bool
    {
        $urlInfo['scheme'] = $scheme = \strtolower(($urlInfo['scheme'] ?? '') ?: 'http');
        if ($scheme !== 'http' && $scheme !== 'https') {
            $this->setError(
                \CURLE_UNSUPPORTED_PROTOCOL,
                "Protocol \"{$scheme}\" not supported or disabled in libcurl"
            );
            return false;
        }
        // CURLOPT_PORT goes before that of the URL.
        $urlInfo['port'] = (int) ($this->info['primary_port'] ?: $urlInfo['port'] ?? ($scheme === 'https' ? 443 : 80));
        $before = $this->urlInfo;
        $this->urlInfo = $urlInfo;
        if ($this->client !== null) {
            foreach (['host', 'port', 'scheme'] as $part) {
                if ($urlInfo[$part] !== $before[$part]) {
                    $this->create($urlInfo);
                    break;
                }
            }
        }
        return true;
    }

    private function setPort(int $port): void
    {
        $this->info['primary_port'] = $port;
        if (($this->urlInfo['port'] ?? null) !== $port) {
            $this->urlInfo['port'] = $port;
            if ($this->client !== null) {
                $this->create();
            }
        }
    }

    private function setError($code, $msg = ''): void
    {
        $this->errCode = $code;
        $this->errMsg = $msg ?: (\curl_strerror($code) ?? '');
    }

    private function hasHeader(string $headerName): bool
    {
        return isset($this->headerMap[\strtolower($headerName)]);
    }

    /** An empty value takes it away. */
    private function setHeader(string $headerName, string $value): void
    {
        $key = \strtolower($headerName);
        unset($this->headers[$this->headerMap[$key] ?? ''], $this->headerMap[$key]);
        if ($value !== '') {
            $this->headers[$headerName] = $value;
            $this->headerMap[$key] = $headerName;
        }
    }

    private function setOption(int $opt, mixed $value): bool
    {
        [$kind, $what] = self::kinds()[$opt] ?? ['own', null];
        switch ($kind) {
            case 'ignored':
                return true;
            case 'setting':
                $this->clientOptions[$what] = $value;
                return true;
            case 'milliseconds':
                $this->clientOptions[$what] = $value / 1000;
                return true;
            case 'header':
                $this->setHeader($what, (string) $value);
                return true;
            case 'kept':
                $this->{$what} = $value;
                return true;
        }
        switch ($opt) {
            case \CURLOPT_URL:
                return $this->setUrl((string) $value);
            case \CURLOPT_PORT:
                $this->setPort((int) $value);
                break;
            case \CURLOPT_FORBID_REUSE:
                $this->clientOptions['keep_alive'] = !$value;
                break;
            case \CURLOPT_TCP_NODELAY:
                $this->clientOptions['open_tcp_nodelay'] = (bool) $value;
                break;
            case \CURLOPT_PRIVATE:
                $this->info['private'] = $value;
                break;
            case \CURLOPT_UNIX_SOCKET_PATH:
                $path = \realpath((string) $value);
                if ($path === false) {
                    $this->setError(\CURLE_COULDNT_CONNECT);
                } else {
                    $this->unix_socket_path = $path;
                }
                break;
            case \CURLOPT_RESOLVE:
                foreach ((array) $value as $line) {
                    $this->addAddress($line);
                }
                break;
            case \CURLOPT_IPRESOLVE:
                self::only($value, [\CURL_IPRESOLVE_WHATEVER, \CURL_IPRESOLVE_V4], 'CURLOPT_IPRESOLVE', 'CURL_IPRESOLVE_WHATEVER, CURL_IPRESOLVE_V4');
                break;
            case \CURLOPT_PROXYTYPE:
                self::only($value, [\CURLPROXY_HTTP, \CURLPROXY_SOCKS5], 'CURLOPT_PROXYTYPE', 'CURLPROXY_HTTP, CURLPROXY_SOCKS5');
                $this->proxyType = $value;
                break;
            case \CURLOPT_PROXYUSERPWD:
                [$this->proxyUsername, $this->proxyPassword]
                    = \array_map('urldecode', \explode(':', $value, 2) + [1 => '']);
                break;

            // What is sent.
            case \CURLOPT_HTTPGET:
                $this->method = 'GET';
                break;
            case \CURLOPT_NOBODY:
                $this->nobody = (bool) $value;
                $this->method = 'HEAD';
                break;
            case \CURLOPT_POST:
                $this->method = 'POST';
                break;
            case \CURLOPT_PUT:
            case \CURLOPT_UPLOAD:
                $this->method = 'PUT';
                break;
            case \CURLOPT_CUSTOMREQUEST:
                $this->method = (string) $value;
                break;
            case \CURLOPT_POSTFIELDS:
                $this->postData = $value;
                $this->method = $this->method ?: 'POST';
                break;
            case \CURLOPT_INFILE:
                if (!self::isFile($value)) {
                    return false;
                }
                $this->infile = $value;
                break;
            case \CURLOPT_HTTPHEADER:
                if (!\is_iterable($value)) {
                    return self::refuse('You must pass either an object or an array with the CURLOPT_HTTPHEADER argument');
                }
                foreach ($value as $line) {
                    [$name, $content] = \explode(':', $line, 2) + [1 => ''];
                    $this->setHeader($name, \trim($content));
                }
                break;
            case \CURLOPT_ENCODING:
                $all = (\defined('SWOOLE_HAVE_BROTLI') ? 'br, ' : '') . (\defined('SWOOLE_HAVE_ZLIB') ? 'gzip, deflate' : '');
                $this->setHeader('Accept-Encoding', $value ?: \rtrim($all, ', '));
                break;
            case \CURLOPT_USERPWD:
                $this->setHeader('Authorization', 'Basic ' . \base64_encode($value));
                break;
            case \CURLOPT_COOKIEFILE:
                if (\is_file((string) $value)) {
                    $this->setHeader('Cookie', (string) \file_get_contents($value));
                }
                break;

            // Where the answer goes.
            case \CURLOPT_RETURNTRANSFER:
                $this->returnTransfer = (bool) $value;
                $this->transfer = '';
                break;
            case \CURLOPT_FILE:
                if (!self::isFile($value)) {
                    return false;
                }
                $this->outputStream = $value;
                break;
            case \CURLOPT_WRITEFUNCTION:
                $this->clientOptions['write_func'] = fn ($client, string $data) => $value($this, $data);
                // It gets the bytes as they come.
                $this->clientOptions['http_compression'] = false;
                break;

            // What can only be as it is.
            case \CURLOPT_SAFE_UPLOAD:
                return $value ? true : self::refuse('Disabling safe uploads is no longer supported');
            case \CURLOPT_HTTP_VERSION:
                return \in_array($value, [\CURL_HTTP_VERSION_NONE, \CURL_HTTP_VERSION_1_1], true)
                    || self::refuse("CURLOPT_HTTP_VERSION[{$value}] is not supported");
            case \CURLOPT_HTTPAUTH:
                return $value & \CURLAUTH_BASIC ? true : self::refuse("CURLOPT_HTTPAUTH[{$value}] is not supported");
            case \CURLOPT_PROTOCOLS:
            case \CURLOPT_REDIR_PROTOCOLS:
                if (($value & ~(\CURLPROTO_HTTP | \CURLPROTO_HTTPS)) !== 0) {
                    $name = $opt === \CURLOPT_PROTOCOLS ? 'CURLOPT_PROTOCOLS' : 'CURLOPT_REDIR_PROTOCOLS';
                    throw new Exception("swoole_curl_setopt(): {$name}[{$value}] is not supported");
                }
                break;
            default:
                throw new Exception("swoole_curl_setopt(): option[{$opt}] is not supported");
        }
        return true;
    }

    /**
     * The options of the tables, by their numbers. Not all versions of the extension have all of them.
     *
     * @return array<int, array{string, string|null}>
     */
    private static function kinds(): array
    {
        static $kinds = [];
        if ($kinds === []) {
            $tables = [
                'ignored' => \array_fill_keys(self::IGNORED, null),
                'setting' => self::SETTINGS,
                'milliseconds' => self::MILLISECONDS,
                'header' => self::HEADERS,
                'kept' => self::KEPT,
            ];
            foreach ($tables as $kind => $names) {
                foreach ($names as $name => $what) {
                    if (\defined($name)) {
                        $kinds[\constant($name)] = [$kind, $what];
                    }
                }
            }
        }
        return $kinds;
    }

    private static function refuse(string $why): bool
    {
        \trigger_error("swoole_curl_setopt(): {$why}", \E_USER_WARNING);
        return false;
    }

    private static function isFile(mixed $value): bool
    {
        return \is_resource($value) || self::refuse('supplied argument is not a valid File-Handle resource');
    }

    private static function only(mixed $value, array $allowed, string $option, string $names): void
    {
        if (!\in_array($value, $allowed, true)) {
            throw new Exception("swoole_curl_setopt(): Only support following {$option} values: {$names}");
        }
    }

    /** `host:port:address`, with a plus or not; a minus takes it away. */
    private function addAddress(string $line): void
    {
        $gone = $line[0] === '-';
        [$host, $port, $addresses] = \explode(':', \ltrim($line, '+-'), 3) + [1 => '0', 2 => ''];
        if ($gone) {
            unset($this->resolve[$host][$port]);
        } else {
            $this->resolve[$host][$port] = \trim(\explode(',', $addresses)[0], '[]');
        }
    }

    /** @return string|bool */
    private function execute()
    {
        $this->errCode = 0;
        $this->errMsg = '';
        $this->info['redirect_count'] = 0;
        $this->info['redirect_url'] = '';
        $this->info['starttransfer_time'] = 0;
        $begin = \microtime(true);
        if (!isset($this->urlInfo['host'])) {
            $this->setError(\CURLE_URL_MALFORMAT, 'No URL set or URL using bad/illegal format');
            return false;
        }
        if ($this->client === null) {
            $this->create();
        }
        $redirected = null;
        do {
            if (!$this->send()) {
                $this->info['total_time'] = \microtime(true) - $begin;
                return false;
            }
            $location = $this->client->headers['location'] ?? null;
            if ($location !== null && $this->client->statusCode >= 300 && $this->client->statusCode < 400) {
                $again = $this->follow(\is_array($location) ? \end($location) : $location);
                if ($again && $redirected === null) {
                    $redirected = \microtime(true);
                    $this->info['starttransfer_time'] = $redirected - $begin;
                }
            } else {
                $again = false;
            }
        } while ($again);
        if ($this->failOnError && $this->client->statusCode >= 400) {
            $status = $this->client->statusCode;
            $this->setError(
                \CURLE_HTTP_RETURNED_ERROR,
                "The requested URL returned error: {$status} " . Status::getReasonPhrase($status)
            );
            return false;
        }
        $this->note(\microtime(true) - $begin);
        if ($redirected !== null) {
            $this->info['redirect_time'] = \microtime(true) - $redirected;
        }
        return $this->deliver($this->readHeaders());
    }

    /** One request. */
    private function send(): bool
    {
        $proxy = $this->proxy ? $this->getProxy() : [];
        if ($proxy === null) {
            return false;
        }
        $client = $this->client;
        $client->set($this->clientOptions + $proxy);
        if ($this->method !== '') {
            $client->setMethod($this->method);
        }
        if ($this->infile) {
            $client->setData((string) \stream_get_contents($this->infile, $this->infileSize === PHP_INT_MAX ? null : $this->infileSize));
            $this->infile = null;
            $this->infileSize = PHP_INT_MAX;
        } elseif ($this->postData) {
            if (\is_array($this->postData)) {
                foreach ($this->postData as $name => $file) {
                    if ($file instanceof \CURLFile) {
                        $client->addFile(
                            $file->getFilename(),
                            (string) $name,
                            $file->getMimeType() ?: 'application/octet-stream',
                            $file->getPostFilename(),
                        );
                        unset($this->postData[$name]);
                    }
                }
            } elseif (!$this->hasHeader('Content-Type')) {
                $this->setHeader('Content-Type', 'application/x-www-form-urlencoded');
            }
            $client->setData($this->postData);
        }
        $client->setHeaders($this->headers);
        if ($client->execute($this->getUrl())) {
            return true;
        }
        $unknown = [\SWOOLE_ERROR_DNSLOOKUP_RESOLVE_FAILED, \SWOOLE_ERROR_DNSLOOKUP_RESOLVE_TIMEOUT];
        if (\in_array($client->errCode, $unknown, true)) {
            $this->setError(\CURLE_COULDNT_RESOLVE_HOST, "Could not resolve host: {$client->host}");
        } else {
            $this->setError($client->errCode, $client->errMsg);
        }
        return false;
    }

    /** The client's settings for the proxy; null, and an error, when its name is unknown. */
    private function getProxy(): ?array
    {
        $parts = \parse_url($this->proxy) ?: [];
        $host = $parts['host'] ?? $parts['path'] ?? '';
        $type = $this->proxyType ?? \CURLPROXY_HTTP;
        if (isset($parts['scheme'])) {
            $type = \str_starts_with($parts['scheme'], 'socks5') ? \CURLPROXY_SOCKS5 : \CURLPROXY_HTTP;
        }
        if (!\filter_var($host, \FILTER_VALIDATE_IP)) {
            $address = System::gethostbyname($host, 2 /* AF_INET */, $this->clientOptions['connect_timeout'] ?? -1);
            if (!$address) {
                $this->setError(\CURLE_COULDNT_RESOLVE_PROXY, "Could not resolve proxy: {$host}");
                return null;
            }
            $host = $address;
        }
        $name = $type === \CURLPROXY_SOCKS5 ? 'socks5' : 'http_proxy';
        return [
            "{$name}_host" => $host,
            "{$name}_port" => (int) ($parts['port'] ?? $this->proxyPort),
            "{$name}_username" => $parts['user'] ?? $this->proxyUsername,
            "{$name}_password" => $parts['pass'] ?? $this->proxyPassword,
        ];
    }

    /** Goes to another place, if that is wanted; else only notes it. */
    private function follow(string $location): bool
    {
        $parts = $this->getRedirectUrl($location);
        $url = self::unparseUrl($parts);
        $most = $this->maxRedirects;
        if (!$this->followLocation || ($most !== null && $most >= 0 && $this->info['redirect_count'] >= $most)) {
            $this->info['redirect_url'] = $url;
            return false;
        }
        if ($this->autoReferer) {
            $this->setHeader('Referer', $this->info['url']);
        }
        if (\in_array($this->client->statusCode, [Status::MOVED_PERMANENTLY, Status::FOUND, Status::SEE_OTHER], true)) {
            $this->method = 'GET';
            $this->postData = null;
            $this->client->requestBody = null;
        }
        if (!$this->setUrlInfo($parts)) {
            return false;
        }
        $this->info['url'] = $url;
        ++$this->info['redirect_count'];
        return true;
    }

    /** What getInfo() says of the answer. */
    private function note(float $time): void
    {
        $client = $this->client;
        $length = \strlen($client->body);
        $this->info['total_time'] = $time;
        $this->info['http_code'] = $client->statusCode;
        $this->info['content_type'] = $client->headers['content-type'] ?? '';
        $this->info['size_download'] = $this->info['download_content_length'] = $length;
        $this->info['speed_download'] = $length / \max($time, 1e-9);
        if (\filter_var($this->urlInfo['host'], \FILTER_VALIDATE_IP)) {
            $this->info['primary_ip'] = $this->urlInfo['host'];
        }
        if ($this->unix_socket_path !== '') {
            $this->info['primary_ip'] = $this->unix_socket_path;
            $this->info['primary_port'] = $this->urlInfo['port'];
        }
        if ($this->withHeaderOut) {
            $sent = $client->getHeaderOut();
            $this->info['request_header'] = $sent ? "{$sent}\r\n\r\n" : '';
        }
        if ($this->withFileTime) {
            $this->info['filetime'] = isset($client->headers['last-modified'])
                ? (int) \strtotime($client->headers['last-modified'])
                : -1;
        }
    }

    /** The lines of the answer's head, which the function for headers gets one by one. */
    private function readHeaders(): string
    {
        $client = $this->client;
        if (!$client->headers) {
            $this->info['header_size'] = 0;
            return '';
        }
        $lines = ["HTTP/1.1 {$client->statusCode} " . Status::getReasonPhrase($client->statusCode) . "\r\n"];
        foreach ($client->headers as $name => $values) {
            foreach ((array) $values as $value) {
                $lines[] = "{$name}: {$value}\r\n";
            }
        }
        if ($this->headerFunction) {
            foreach ([...$lines, ''] as $line) {
                ($this->headerFunction)($this, $line);
            }
        }
        $text = \implode('', $lines) . "\r\n";
        $this->info['header_size'] = \strlen($text);
        return $text;
    }

    /** @return string|bool */
    private function deliver(string $headers)
    {
        $client = $this->client;
        if ($this->readFunction && $client->body !== '') {
            ($this->readFunction)($this, $this->outputStream, \strlen($client->body));
        }
        if ($this->cookieJar !== '') {
            $cookies = (array) $client->set_cookie_headers;
            if ($this->cookieJar === '-') {
                echo \implode('', \array_map(static fn (string $cookie) => $cookie . \PHP_EOL, $cookies));
            } else {
                \file_put_contents($this->cookieJar, \implode('', \array_map(static fn (string $cookie) => "{$cookie};", $cookies)));
            }
        }
        $content = ($this->withHeader ? $headers : '') . $client->body;
        if ($this->returnTransfer) {
            return $this->transfer = $content;
        }
        if ($this->outputStream) {
            return \fwrite($this->outputStream, $content) === \strlen($content);
        }
        echo $content;
        return true;
    }

    private static function unparseUrl(array $parsedUrl): string
    {
        $user = $parsedUrl['user'] ?? '';
        $pass = isset($parsedUrl['pass']) ? ":{$parsedUrl['pass']}" : '';
        return ($parsedUrl['scheme'] ?? 'http') . '://'
            . ($user . $pass === '' ? '' : "{$user}{$pass}@")
            . ($parsedUrl['host'] ?? '')
            . (isset($parsedUrl['port']) ? ":{$parsedUrl['port']}" : '')
            . ($parsedUrl['path'] ?? '')
            . (($parsedUrl['query'] ?? '') === '' ? '' : "?{$parsedUrl['query']}")
            . (isset($parsedUrl['fragment']) ? "#{$parsedUrl['fragment']}" : '');
    }

    /** The parts of a place that is named relatively to the present one (RFC 3986, section 5.2). */
    private function getRedirectUrl(string $location): array
    {
        $there = \parse_url($location) ?: [];
        if (isset($there['host'])) {
            return $there + ['scheme' => $this->urlInfo['scheme']];
        }
        $path = $there['path'] ?? '';
        if ($path === '') {
            $there['path'] = $this->urlInfo['path'] ?? '/';
        } elseif ($path[0] !== '/') {
            $folder = \preg_replace('~[^/]*$~', '', $this->urlInfo['path'] ?? '/');
            $there['path'] = ($folder ?: '/') . \preg_replace('~^(\./)+~', '', $path);
        }
        $here = $this->urlInfo;
        unset($here['query'], $here['fragment']);
        return $there + $here;
    }
}
