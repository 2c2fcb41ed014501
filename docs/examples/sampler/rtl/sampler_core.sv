// What sampler does, between its registers and the host: a timer, a FIFO, and DMA in beats of 64 bytes.
//
// The registers are generated: make writes logic/ from sampler.yaml.
module sampler_core
  import sampler_regs_pkg::*;
(
  input  logic clk,
  input  logic rst_n,  // synchronous
  input  out_t told,  // by the registers
  output in_t given,  // to them
  output logic [15:0] leds,

  // An AXI4 master, of which only the writing half is used.
  output logic [63:0] awaddr,
  output logic awvalid,
  input  logic awready,
  output logic [511:0] wdata,
  output logic wvalid,
  input  logic wready,
  input  logic [1:0] bresp,
  input  logic bvalid,
  output logic bready
);

  localparam int DEPTH = 256;

  // ---- Timer ----

  logic [15:0] clocks;
  logic [31:0] ramp;
  logic tick;

  assign tick = told.ctrl.run.value && clocks == 16'h0;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      clocks <= 16'h0;
      ramp <= 32'h0;
    end else begin
      if (!told.ctrl.run.value || tick) clocks <= told.timer.period.value;
      else clocks <= clocks - 16'h1;
      if (tick) ramp <= ramp + told.step.value.value;
    end
  end

  // ---- FIFO ----

  logic [31:0] memory[DEPTH];
  logic [7:0] head, tail;
  logic [8:0] words;
  logic full, ready, push, pop, collect;

  assign full = words == 9'(DEPTH);
  assign ready = words != 9'h0;
  assign push = tick && !full;
  assign pop = ready && (told.fifo.value.swacc || collect);

  always_ff @(posedge clk) begin
    if (push) memory[tail] <= ramp;
    if (!rst_n || told.ctrl.clear.value) begin
      head <= 8'h0;
      tail <= 8'h0;
      words <= 9'h0;
    end else begin
      if (push) tail <= tail + 8'h1;
      if (pop) head <= head + 8'h1;
      words <= words + 9'(push) - 9'(pop);
    end
  end

  // ---- DMA ----

  typedef enum logic [2:0] {IDLE, COLLECT, ADDRESS, DATA, ANSWER} dma_t;

  dma_t dma;
  logic [63:0] address;
  logic [15:0] beats;
  logic [3:0] place;
  logic [511:0] beat;
  logic done, failed;

  assign collect = dma == COLLECT && ready && !told.fifo.value.swacc;  // software's reads come first
  assign awaddr = address;
  assign awvalid = dma == ADDRESS;
  assign wdata = beat;
  assign wvalid = dma == DATA;
  assign bready = dma == ANSWER;

  always_ff @(posedge clk) begin
    done <= 1'b0;
    failed <= 1'b0;
    if (!rst_n) begin
      dma <= IDLE;
      address <= 64'h0;
      beats <= 16'h0;
      place <= 4'h0;
      beat <= 512'h0;
    end else begin
      case (dma)
        IDLE: if (told.dma.start.value) begin
          address <= {told.target.value.value[63:6], 6'h0};
          beats <= told.dma.beats.value;
          place <= 4'h0;
          if (told.dma.beats.value == 16'h0) done <= 1'b1;
          else dma <= COLLECT;
        end
        COLLECT: if (collect) begin
          beat <= {memory[head], beat[511:32]};  // the oldest sample ends in the lowest bits
          place <= place + 4'h1;
          if (place == 4'hF) dma <= ADDRESS;
        end
        ADDRESS: if (awready) dma <= DATA;
        DATA: if (wready) dma <= ANSWER;
        ANSWER: if (bvalid) begin
          address <= address + 64'd64;
          beats <= beats - 16'h1;
          dma <= COLLECT;
          if (bresp[1] || beats == 16'h1) begin
            dma <= IDLE;
            done <= 1'b1;
            failed <= bresp[1];
          end
        end
        default: dma <= IDLE;
      endcase
    end
  end

  // ---- What the registers are given ----

  assign leds = {told.ctrl.run.value, dma != IDLE, 5'h0, words};

  always_comb begin
    given.fifo.value.next = ready ? memory[head] : 32'h0;
    given.state.words.next = words;
    given.state.ready.next = ready;
    given.state.busy.next = dma != IDLE;
    given.lost.samples.incr = tick && full;
    given.status.done.next = done;
    given.status.failed.next = failed;
    given.status.full.next = full;
  end

  logic unused;
  assign unused = &{1'b0, told, bresp[0]};

endmodule : sampler_core
