<?php

declare(strict_types=1);

namespace Swoole\FastCGI;

use Swoole\FastCGI\Record\EndRequest;
use Swoole\FastCGI\Record\Stderr;
use Swoole\FastCGI\Record\Stdout;

/** The answer of an application. */
class Response extends Message
{
    /** @param Record[] $records all of it; the last one is its end */
    public function __construct(array $records)
    {
        if (!static::verify($records)) {
            throw new \InvalidArgumentException('Bad records');
        }
        $body = $error = '';
        foreach ($records as $record) {
            if ($record instanceof Stdout) {
                $body .= $record->getContentData();
            } elseif ($record instanceof Stderr) {
                $error .= $record->getContentData();
            }
        }
        $this->withBody($body)->withError($error);
    }

    protected static function verify(array $records): bool
    {
        return \end($records) instanceof EndRequest;
    }
}
