<?php

declare(strict_types=1);

namespace Swoole\FastCGI;

use Swoole\FastCGI;
use Swoole\FastCGI\Record\BeginRequest;
use Swoole\FastCGI\Record\Params;
use Swoole\FastCGI\Record\Stdin;

/** A request to an application. */
class Request extends Message implements \Stringable
{
    protected bool $keepConn = false;

    /** Its records, one after the other. */
    public function __toString(): string
    {
        $bytes = new BeginRequest(FastCGI::RESPONDER, $this->keepConn ? FastCGI::KEEP_CONN : 0)
            . $this->packParams() . new Params([]);
        $body = $this->getBody();
        if ($body === '') {
            return $bytes;
        }
        foreach (\str_split($body, FastCGI::MAX_CONTENT_LENGTH) as $piece) {
            $bytes .= new Stdin($piece);
        }
        return $bytes . new Stdin('');
    }

    public function getKeepConn(): bool
    {
        return $this->keepConn;
    }

    /** Shall the connection stay for further requests? */
    public function withKeepConn(bool $keepConn): self
    {
        $this->keepConn = $keepConn;
        return $this;
    }

    /** In as many records as they need. */
    private function packParams(): string
    {
        $bytes = '';
        $some = [];
        $length = 0;
        foreach ($this->getParams() as $name => $value) {
            $more = \strlen((string) $name) + \strlen((string) $value) + 8;
            if ($length + $more > FastCGI::MAX_CONTENT_LENGTH && $some !== []) {
                $bytes .= new Params($some);
                $some = [];
                $length = 0;
            }
            $some[$name] = $value;
            $length += $more;
        }
        return $some === [] ? $bytes : $bytes . new Params($some);
    }
}
