// The logic of gadget.yaml, written by hand. `fault` plants one: see test_check.py.
module gadget (
    input  logic        clk,
    input  logic        rst_n,
    input  logic [9:0]  s_axil_awaddr,
    input  logic [2:0]  s_axil_awprot,
    input  logic        s_axil_awvalid,
    output logic        s_axil_awready,
    input  logic [31:0] s_axil_wdata,
    input  logic [3:0]  s_axil_wstrb,
    input  logic        s_axil_wvalid,
    output logic        s_axil_wready,
    output logic [1:0]  s_axil_bresp,
    output logic        s_axil_bvalid,
    input  logic        s_axil_bready,
    input  logic [9:0]  s_axil_araddr,
    input  logic [2:0]  s_axil_arprot,
    input  logic        s_axil_arvalid,
    output logic        s_axil_arready,
    output logic [31:0] s_axil_rdata,
    output logic [1:0]  s_axil_rresp,
    output logic        s_axil_rvalid,
    input  logic        s_axil_rready,
    input  logic [3:0]  fault,
    input  logic [63:0] pins,
    output logic [7:0]  key,
    output logic [63:0] seen,
    output logic        irq
);
  localparam int RESET = 1, BIT = 2, CLEAR = 3, POLICY = 4, STROBE = 5, ADDRESS = 6, READ_CLEAR = 7, HANG = 8,
      STOP = 9, FINISH = 10;

  logic        enable, done;
  logic [2:0]  mode;
  logic [7:0]  limit, events, set, clear, toggle;
  logic [3:0]  once;
  logic        once_used;
  logic [31:0] count, scratch;
  logic [63:0] wide;
  logic [15:0] bank [4];
  logic [31:0] memory [16];

  wire write = s_axil_awvalid & s_axil_wvalid & (!s_axil_bvalid | s_axil_bready);
  wire read = s_axil_arvalid & (!s_axil_rvalid | s_axil_rready) & (32'(fault) != HANG);
  wire [7:0] waddr = s_axil_awaddr[9:2];
  wire [7:0] raddr = s_axil_araddr[9:2] ^ ((32'(fault) == ADDRESS && s_axil_araddr[9:4] == 6'h04) ? 8'h1 : 8'h0);
  wire [3:0] strobe = (32'(fault) == STROBE) ? 4'hF : s_axil_wstrb;
  wire [31:0] mask = {{8{strobe[3]}}, {8{strobe[2]}}, {8{strobe[1]}}, {8{strobe[0]}}};
  wire [31:0] data = s_axil_wdata & mask;

  assign s_axil_awready = write;
  assign s_axil_wready = write;
  assign s_axil_arready = read;
  assign irq = done & enable;
  assign seen = ~pins;

  wire reach = enable & (count[7:0] == limit);

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      enable <= 0;
      mode <= 0;
      limit <= (32'(fault) == RESET) ? 8'h41 : 8'h40;
      done <= 0;
      events <= 0;
      set <= 0;
      clear <= 8'hFF;
      toggle <= 0;
      once <= 0;
      once_used <= 0;
      count <= 0;
      scratch <= 32'hDEADBEEF;
      wide <= 64'h1122334455667788;
      key <= 0;
      for (int i = 0; i < 4; i++) bank[i] <= 0;
      s_axil_bvalid <= 0;
      s_axil_rvalid <= 0;
    end else begin
      if (enable) count <= reach ? 0 : count + 1;
      if (s_axil_bready) s_axil_bvalid <= 0;
      if (s_axil_rready) s_axil_rvalid <= 0;

      if (write) begin
        s_axil_bvalid <= 1;
        s_axil_bresp <= 0;
        if (waddr[7:4] == 4'h4) begin
          memory[waddr[3:0]] <= (memory[waddr[3:0]] & ~mask) | data;
        end else begin
          case (waddr)
            8'h00, 8'h03, 8'h04: ;
            8'h01: begin
              if (strobe[0]) {mode, enable} <= s_axil_wdata[3:0];
              if (strobe[1]) limit <= s_axil_wdata[15:8];
            end
            8'h02: if (data[0] && 32'(fault) != CLEAR) done <= 0;
            8'h05: scratch <= (scratch & ~mask) | (data & ((32'(fault) == BIT) ? 32'hFFFFFDFF : '1));
            8'h06: begin
              set <= (32'(fault) == POLICY) ? set & ~data[7:0] : set | data[7:0];
              if (strobe[1]) clear <= clear & s_axil_wdata[15:8];
              toggle <= toggle ^ data[23:16];
              if (strobe[3] && !once_used) begin
                once <= s_axil_wdata[27:24];
                once_used <= 1;
              end
            end
            8'h07: if (strobe[0]) key <= s_axil_wdata[7:0];
            8'h08: wide[31:0] <= (wide[31:0] & ~mask) | data;
            8'h09: wide[63:32] <= (wide[63:32] & ~mask) | data;
            8'h10, 8'h11, 8'h12, 8'h13: bank[waddr[1:0]] <= (bank[waddr[1:0]] & ~mask[15:0]) | data[15:0];
            default: s_axil_bresp <= 2'b10;
          endcase
        end
      end

      if (read) begin
        s_axil_rvalid <= 1;
        s_axil_rresp <= 0;
        if (raddr[7:4] == 4'h4) begin
          s_axil_rdata <= memory[raddr[3:0]];
        end else begin
          case (raddr)
            8'h00: s_axil_rdata <= 32'h48414C01;
            8'h01: s_axil_rdata <= {16'h0, limit, 4'h0, mode, enable};
            8'h02: s_axil_rdata <= {30'h0, enable, done};
            8'h03: s_axil_rdata <= count;
            8'h04: begin
              s_axil_rdata <= {24'h0, events};
              if (32'(fault) != READ_CLEAR) events <= 0;
            end
            8'h05: s_axil_rdata <= scratch;
            8'h06: s_axil_rdata <= {4'h0, once, toggle, clear, set};
            8'h07: s_axil_rdata <= 0;
            8'h08: s_axil_rdata <= wide[31:0];
            8'h09: s_axil_rdata <= wide[63:32];
            8'h10, 8'h11, 8'h12, 8'h13: s_axil_rdata <= {16'h0, bank[raddr[1:0]]};
            default: begin
              s_axil_rdata <= 0;
              s_axil_rresp <= 2'b10;
            end
          endcase
        end
      end

      if (reach) begin
        done <= 1;
        events <= events + 1;
      end
      if (32'(fault) == STOP && write) $error("a write came");
      if (32'(fault) == FINISH && write) $finish;
    end
  end
endmodule
